"""`weir contracts lineage`: which columns of gold are made of a dataset's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.markup import escape

from cli.contracts.base import stage_of
from cli.contracts.diff_screen import reader_in_words
from cli.screen import Screen, WrongUsage
from cli.wrapper import ROOT
from dataplatform.compiler.lineage import Lineage, Reader
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.findings import did_you_mean
from dataplatform.contracts.loader import load
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan


def lineage(screen: Screen, dataset: str, column: str) -> None:
    """Show who reads each column of a dataset, or one of them, by the working tree's contracts.

    Args:
        column: "" for all.

    Raises:
        WrongUsage: no such dataset, or column.
        InvalidContract, InvalidModel: the project has problems of its own.
    """
    plan = compile_platform(ROOT, Names(stage_of(load(ROOT))))
    found = readers(plan, dataset, column)
    wide = max(map(len, found))
    for name, by in found.items():
        screen.say(f" {name:<{wide}}  {escape('; '.join(map(reader_in_words, by)) or '·')}")
    screen.result(
        {
            "dataset": dataset,
            "columns": {name: [asdict(reader) for reader in by] for name, by in found.items()},
        }
    )


def readers(plan: PlatformPlan, dataset: str, column: str) -> Mapping[str, Sequence[Reader]]:
    """Each column's readers, in the contract's order."""
    datasets = [each.dataset for each in plan.datasets]
    if dataset not in datasets:
        raise _unknown(f'"{dataset}" is no dataset', dataset, datasets)
    columns = [each.name for each in plan.dataset(dataset).columns]
    if column and column not in columns:
        raise _unknown(f'"{column}" is no column of {dataset}', column, columns)
    of = Lineage(plan)
    return {name: of.readers(dataset, name) for name in ([column] if column else columns)}


def _unknown(what: str, value: str, known: Sequence[str]) -> WrongUsage:
    remedy = did_you_mean(value, known) or f"There are: {', '.join(known)}"
    return WrongUsage(what, why="There is nothing to show.", remedy=remedy)
