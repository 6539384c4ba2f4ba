"""What differs from its contract, and what waits because of it, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.markup import escape

from cli import queues
from cli.screen import Exit, Screen
from cli.target import Target
from dataplatform.drift.compare import takes_in_order
from dataplatform.ledger.drift import DriftNote, WaitingObject
from dataplatform.ledger.queues import Queue
from dataplatform.ledger.run_input import RunInput
from dataplatform.sizes import size

_SHOWN = 5
"""Objects of a dataset that are named."""


def waiting(target: Target, run_id: str = "") -> list[WaitingObject]:
    """Landed objects that wait; with a run, those of the datasets that it was about."""
    run_input = RunInput.from_json(target.run(run_id).input) if run_id else RunInput()
    return [
        found
        for plan in target.plan.datasets
        if run_input.selects(plan.dataset)
        for found in target.ledger.waiting_objects(plan.dataset)
    ]


def notes(target: Target) -> list[DriftNote]:
    """What contracts don't say yet and nobody has accepted."""
    return [
        note
        for plan in target.plan.datasets
        for note in target.ledger.open_drift(plan.dataset, plan.columns)
    ]


def say_waiting(
    screen: Screen,
    target: Target,
    objects: Sequence[WaitingObject],
    queued: Mapping[str, Queue],
) -> None:
    """A line for each object that waits, what waits behind it, and what to do about each dataset.

    Args:
        queued: what waits behind, by dataset.
    """
    stage = "" if target.embedded else f" --stage {target.stage}"
    for name in dict.fromkeys(found.landed.dataset for found in objects):
        plan = target.plan.dataset(name)
        held = [found for found in objects if found.landed.dataset == name]
        for found in held[:_SHOWN]:
            why = escape(found.why)
            screen.say(
                f" [yellow]![/] {found.landed.key} ({size(found.landed.size)}) waits since "
                f"{found.since}: {why}"
            )
        if len(held) > _SHOWN:
            screen.say(f"   and {len(held) - _SHOWN:,} more of {name}")
        if takes_in_order(plan):
            screen.say(f"   {_behind(name, queued.get(name))}")
        if all(found.digest != plan.digest for found in held):
            screen.say("   Its contract has changed since: the next run looks at it again.")
        else:
            screen.say(
                f"   Mend the contract (./weir contracts propose {name}{stage}) and deploy it, or "
                f"take it as it is: ./weir run {name} --accept{stage}"
            )


def _behind(name: str, queue: Queue | None) -> str:
    """What waits behind the first one, or what would."""
    why = f"{name} has no ordering column."
    if queue is None:
        return f"What comes after it waits, too: {why}"
    if not queue.behind:  # an audit holds the dataset, which is told with them
        return "What came after it waits behind the dataset's hold."
    return f"{queues.in_words(queue)}: {why} What releases that one releases the rest."


def say_notes(screen: Screen, target: Target, found: Sequence[DriftNote]) -> None:
    """A line for each dataset whose source has more than its contract."""
    stage = "" if target.embedded else f" --stage {target.stage}"
    for name in dict.fromkeys(note.dataset for note in found):
        said = "; ".join(note.text for note in found if note.dataset == name)
        screen.say(
            f" [yellow]![/] {name} has drifted: {escape(said)}\n"
            f"   Proposed: ./weir contracts propose {name}{stage}"
        )


def waiting_json(objects: Sequence[WaitingObject]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [
        {
            "dataset": found.landed.dataset,
            "object": found.landed.key,
            "bytes": found.landed.size,
            "why": found.why,
            "since": found.since,
            "run": found.run_id,
        }
        for found in objects
    ]


def note_json(note: DriftNote) -> dict[str, Any]:
    """For `--json`."""
    return {
        "dataset": note.dataset,
        "kind": note.kind,
        "column": note.column,
        "found": note.found,
        "expected": note.expected,
        "breaking": note.breaking,
        "form": note.form,
        "seen_in": note.seen_in,
        "objects": note.objects,
        "first_seen": note.first_seen,
        "last_seen": note.last_seen,
        "said": note.text,
    }


def exit_if_any(objects: Sequence[WaitingObject]) -> None:
    """End with exit code 3 where an object waits for a person."""
    if objects:
        raise typer.Exit(Exit.DATA_WAITING)
