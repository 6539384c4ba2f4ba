"""`weir contracts lineage`: which columns of gold are made of a dataset's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from cli import pages
from cli.contracts.base import stage_of
from cli.contracts.diff_screen import reader_in_words
from cli.screen import Screen, WrongUsage
from cli.wrapper import ROOT
from dataplatform.compiler.lineage import Lineage, Reader
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.loader import load
from dataplatform.naming import Names, Zone
from dataplatform.plans.model import PlatformPlan
from dataplatform.suggestions import did_you_mean


def lineage(screen: Screen, dataset: str, column: str, html: Path | None) -> None:
    """Show who reads each column of a dataset, or one of them, by the working tree's contracts.

    Args:
        dataset: "" for all.
        column: "" for all.
        html: where to write all of it as a page.

    Raises:
        WrongUsage: no such dataset, or column.
        InvalidContract, InvalidModel: the project has problems of its own.
    """
    with screen.waiting("lineage", "reading contracts and models"):
        plan = compile_platform(ROOT, Names(stage_of(load(ROOT))))
        of = Lineage(plan)
        names = [dataset] if dataset else [each.dataset for each in plan.datasets]
        found = {name: readers(plan, of, name, column) for name in names}
    for name, by in found.items():
        if html is not None:
            continue  # the page shows it
        if not dataset:
            screen.say(f"[bold]{name}[/]")
        _say(screen, by)
    answer: dict[str, Any] = {"datasets": {name: _as_json(by) for name, by in found.items()}}
    if dataset:
        answer = {"dataset": dataset, "columns": _as_json(found[dataset])}
    if html is not None:
        from cli.contracts.lineage_page import lineage_page  # late: the page isn't always wanted

        pages.write(html, lineage_page(plan, of.made()))
        chosen = f"#{Zone.SILVER}.{dataset}.{column}" if column else ""
        screen.say(f" Written: {html}{chosen}")
        answer["page"] = str(html)
    screen.result(answer)


def _say(screen: Screen, found: Mapping[str, Sequence[Reader]]) -> None:
    wide = max(map(len, found), default=0)
    for name, by in found.items():
        screen.say(f" {name:<{wide}}  {escape('; '.join(map(reader_in_words, by)) or '·')}")


def _as_json(found: Mapping[str, Sequence[Reader]]) -> dict[str, Any]:
    return {name: [asdict(reader) for reader in by] for name, by in found.items()}


def readers(
    plan: PlatformPlan, of: Lineage, dataset: str, column: str
) -> Mapping[str, Sequence[Reader]]:
    """Each column's readers, in the contract's order."""
    datasets = [each.dataset for each in plan.datasets]
    if dataset not in datasets:
        raise _unknown(f'"{dataset}" is no dataset', dataset, datasets)
    columns = [each.name for each in plan.dataset(dataset).columns]
    if column and column not in columns:
        raise _unknown(f'"{column}" is no column of {dataset}', column, columns)
    return {name: of.readers(dataset, name) for name in ([column] if column else columns)}


def _unknown(what: str, value: str, known: Sequence[str]) -> WrongUsage:
    remedy = did_you_mean(value, known) or f"There are: {', '.join(known)}"
    return WrongUsage(what, why="There is nothing to show.", remedy=remedy)
