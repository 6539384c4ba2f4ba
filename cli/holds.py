"""Datasets that their audit holds, and what audits only told, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import typer
from rich.markup import escape

from cli import queues
from cli.screen import Exit, Screen
from cli.target import Target
from dataplatform.errors import BatchHeld
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.queues import Queue
from dataplatform.ledger.records import Run, Step
from dataplatform.ledger.run_input import RunInput


def held(target: Target, run_id: str = "") -> list[AuditNote]:
    """Datasets that are held now; with a run, of those that it was about."""
    run_input = RunInput.from_json(target.run(run_id).input) if run_id else RunInput()
    return [note for name, note in target.ledger.held().items() if run_input.selects(name)]


def say_held(
    screen: Screen, target: Target, notes: Sequence[AuditNote], queued: Mapping[str, Queue]
) -> None:
    """What each dataset breaks, figure by figure, what landed since, and how it is released.

    Args:
        queued: what waits in landing behind the holds, by dataset.
    """
    stage = "" if target.embedded else f" --stage {target.stage}"
    for note in notes:
        screen.say(
            f" [yellow]![/] {note.dataset} is held since {note.at}: its batch of run {note.run_id} "
            f"waits; {note.rows:,} accepted records were asked"
        )
        _say_stopping(screen, note)
        if queue := queued.get(note.dataset):
            screen.say(f"   {queues.in_words(queue)}.")
        digests = {plan.dataset: plan.digest for plan in target.plan.datasets}
        if digests.get(note.dataset) != note.digest:
            screen.say("   Its contract has changed since: the next run asks it anew.")
        else:
            screen.say(
                "   Mend the source or the contract; or, if it is as it should be, release it: "
                f"./weir run {note.dataset} --accept{stage}"
            )


def nothing_else_failed(target: Target, run: Run) -> bool:
    """Whether a run failed for nothing but datasets that its audit held: they are told as that."""
    failed = target.ledger.failures(run.run_id)
    stopped = {n.dataset for n in target.ledger.audits(run.run_id) if n.state == "held"}
    held = BatchHeld.__name__  # books that don't balance are told first, in other words
    return failed.keys() <= stopped and run.error.startswith(
        tuple(f"{name}: {held}" for name in failed)
    )


def without_causes(steps: Sequence[Step]) -> list[Step]:
    """A held run's steps; what holds a dataset is told once, with what to do."""
    return [
        step if step.state != "failed" else replace(step, detail="held: see below")
        for step in steps
    ]


def say_released(screen: Screen, notes: Sequence[AuditNote], taken: Sequence[str]) -> None:
    """What a run held of datasets that a later one has taken up."""
    for note in notes:
        if note.state == "held" and note.dataset in taken:
            screen.say(f" {note.dataset} was held by this run; a later one has taken it up.")
            _say_stopping(screen, note)


def _say_stopping(screen: Screen, note: AuditNote) -> None:
    for verdict in note.stopping:
        screen.say(f"     {escape(str(verdict))}")


def say_told(screen: Screen, notes: Sequence[AuditNote]) -> None:
    """What a run's audits let through and told of: warnings, and what a person accepted."""
    for note in notes:
        if note.state != "held" and note.summary:
            screen.say(f" [yellow]![/] {note.dataset} · {escape(note.summary)}")


def to_json(notes: Sequence[AuditNote]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [note.to_dict() for note in notes]


def exit_if_any(notes: Sequence[AuditNote]) -> None:
    """End with exit code 3 where a dataset waits for a person."""
    if notes:
        raise typer.Exit(Exit.DATA_WAITING)
