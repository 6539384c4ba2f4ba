"""`weir quarantine replay`: rows of quarantine once more through the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from rich.prompt import Confirm

from cli import books
from cli.quarantine.waiting import Quarantine
from cli.run import execute
from cli.screen import Screen
from cli.target import Target, dataset_of
from dataplatform.ledger.records import Batch


def replay(
    screen: Screen,
    stage: str | None,
    dataset: str,
    *,
    batches: Sequence[str],
    reason: str,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take rows of quarantine through the pipeline again and show what became of them."""
    target = Target.choose(stage)
    place = Quarantine(target, dataset_of(target.plan, dataset).dataset)
    count, origins = _chosen(place, batches, reason)
    answer: dict[str, Any] = {"dataset": dataset, "rows": count, "batches": sorted(origins)}
    if not count:
        screen.say(f" Nothing of {dataset} waits in quarantine{_such(batches, reason)}.")
        screen.result({**answer, "run": ""})
        return
    of_batches = _number(len(origins), "batch", "batches")
    screen.say(f" {_number(count, 'row')} of {of_batches} of {dataset} to replay.")
    if dry_run:
        screen.say(" Nothing was done: --dry-run.")
        screen.result({**answer, "run": ""})
        return
    if not yes and not _confirmed(screen):
        screen.say(" Nothing was done. Confirm with --yes.")
        raise typer.Exit(1)
    wanted: dict[str, Any] = {"dataset": dataset, "batches": list(batches), "reason": reason}
    said = {name: value for name, value in wanted.items() if value}
    followed = execute(screen, target, {"datasets": [dataset], "replay": said})
    entries = target.ledger.books(followed.run_id)
    spent = books.say_of_run(screen, target, followed.run_id, entries)
    taken = sum(entry.replayed for entry in entries)
    waiting = sum(batch.waiting for batch in target.ledger.waiting_batches(dataset))
    left = f"{waiting:,} {'waits' if waiting == 1 else 'wait'} there now"
    screen.say(f"\n {_number(taken, 'row')} {_were(taken)} taken from quarantine; {left}.")
    if again := sum(entry.waiting for entry in entries):
        rejected = f"{_number(again, 'row')} {_were(again)} rejected again"
        screen.say(f" {rejected}: ./weir quarantine show {dataset}")
    screen.result(
        {
            **answer,
            "run": followed.run_id,
            "taken": taken,
            "waiting": waiting,
            "books": books.run_json(entries, target.ledger.engines(followed.run_id)),
            "cost": spent.to_dict(),
        }
    )
    books.exit_if_waiting(entries)


def _chosen(place: Quarantine, batches: Sequence[str], reason: str) -> tuple[int, set[str]]:
    """How many rows a replay is to take, and of which batches; records are read by reason alone."""
    if reason:
        rows = [
            row.batch_id
            for row in place.rows(reason=reason, records=False)
            if not row.under_way and (not batches or row.batch_id in batches)
        ]
        return len(rows), set(rows)
    found: list[Batch] = [
        batch for name, batch in place.batches.items() if not batches or name in batches
    ]
    return sum(batch.waiting for batch in found), {batch.batch_id for batch in found}


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _such(batches: Sequence[str], reason: str) -> str:
    said = [f"of batch {', '.join(batches)}"] if batches else []
    said += [f'with "{reason}" in a reason'] if reason else []
    return " " + " ".join(said) if said else ""


def _confirmed(screen: Screen) -> bool:
    if screen.as_json or not screen.live:
        return False
    return Confirm.ask(" Replay them?", console=screen.console, default=True)
