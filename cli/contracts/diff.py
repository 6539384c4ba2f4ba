"""`weir contracts diff`: what a change of the contracts means, column by column, and for whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from cli.contracts import diff_screen as screens
from cli.contracts.base import DEPLOYED, at_commit, deployed
from cli.contracts.comparison import Comparison, compare
from cli.screen import Exit, Screen, WrongUsage
from cli.wrapper import ROOT
from dataplatform.contracts.differences.datasets import Changed, changed
from dataplatform.contracts.differences.difference import Difference
from dataplatform.contracts.loader import load


def diff(screen: Screen, against: str | None, stage: str | None) -> None:
    """Compare; ends with exit code 1 where something must not be deployed as it is.

    Raises:
        WrongUsage: no such commit, or a stage beside a commit.
        InvalidContract: the working tree's contracts, with every problem.
    """
    if stage is not None and against != DEPLOYED:
        raise WrongUsage(
            "--stage needs --against deployed",
            why="A commit is the same for every stage.",
            remedy=f"./weir contracts diff --against {DEPLOYED} --stage {stage}",
        )
    contracts = load(ROOT)
    with screen.task("compare", "contracts and models") as task:
        base = deployed(stage, contracts) if against == DEPLOYED else at_commit(against)
        found = compare(ROOT, base, contracts, changed(base.contracts, contracts))
        task.detail = f"{len(contracts)} contracts with {base.name}"
    screens.show(screen, found)
    screen.result(_json(found))
    if found.problems:
        raise typer.Exit(Exit.FAILED)


def _json(found: Comparison) -> dict[str, Any]:
    return {
        "against": found.base,
        "datasets": [_dataset(change, found) for change in found.changes],
        "models": [
            {**asdict(each), "weight": each.weight.word, "warehouse": f"gold.{each.model}"}
            for each in found.models
        ],
        "lost": [asdict(lost) for lost in found.lost],
        "problems": [asdict(problem) for problem in found.problems],
    }


def _dataset(change: Changed, found: Comparison) -> dict[str, Any]:
    old = change.before or change.after
    assert old is not None
    return {
        "dataset": change.dataset,
        "file": change.file,
        "before": change.before.version if change.before else None,
        "after": change.after.version if change.after else None,
        "weight": change.weight.word,
        "announced": change.announced,
        "roles": [asdict(role) for role in old.roles],
        "differences": [_difference(change, each, found) for each in change.differences],
    }


def _difference(change: Changed, each: Difference, found: Comparison) -> dict[str, Any]:
    readers = found.readers.get((change.dataset, each.before), ())
    return {
        **asdict(each),
        "weight": each.weight.word,
        "models": [asdict(reader) for reader in readers],
        "warehouse": [f"gold.{reader.model}" for reader in readers],
    }
