"""`weir run`: the pipeline for what is due, followed to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cli import books, drift, executions, holds, pipeline, queues
from cli.screen import Screen, WrongUsage
from cli.target import Target, dataset_of
from cli.timeline import Timeline
from dataplatform.ledger.run_input import parse_run_input


def run(
    screen: Screen,
    stage: str | None,
    datasets: list[str],
    since: str | None,
    until: str | None,
    engine: str | None,
    *,
    accept: bool = False,
) -> None:
    """Start the pipeline, follow it to its end and show its books.

    Args:
        accept: take what the datasets hold back, or let wait, as it is.

    Raises:
        WrongUsage: it is to be accepted, and no dataset is named.
        InvalidRunInput: a dataset that isn't deployed is named, or a time that is none.
    """
    if accept and not datasets:
        raise WrongUsage(
            "--accept without a dataset",
            why="What a person takes as it is, a person has looked at: nothing was started.",
            remedy="What waits, and why: ./weir status. Then: ./weir run DATASET --accept",
        )
    target = Target.choose(stage)
    for name in datasets:  # told before anything starts, as a run's own words would tell it
        dataset_of(target.plan, name)
    wanted: dict[str, Any] = {
        "datasets": datasets,
        "from": since,
        "to": until,
        "engine": engine,
        "accept": datasets if accept else [],
    }
    given = {name: value for name, value in wanted.items() if value}
    parse_run_input(given, [plan.dataset for plan in target.plan.datasets], datetime.now(UTC))
    followed = execute(screen, target, given)
    report(screen, target, followed)


def report(screen: Screen, target: Target, followed: pipeline.Followed) -> None:
    """Show a run's books; ends with exit code 3 where records or objects of it wait."""
    entries = target.ledger.books(followed.run_id)
    waiting = drift.waiting(target, followed.run_id)
    held, audits = holds.held(target, followed.run_id), target.ledger.audits(followed.run_id)
    queued = queues.queues(target, waiting, held)
    spent = books.say_of_run(screen, target, followed.run_id, entries, waits=bool(waiting or held))
    holds.say_told(screen, audits)
    books.say_quarantined(screen, target, entries)
    drift.say_waiting(screen, target, waiting, queued)
    holds.say_held(screen, target, held, queued)
    screen.result(
        {
            "run": followed.run_id,
            "datasets": books.run_json(entries, target.ledger.engines(followed.run_id)),
            "waiting": drift.waiting_json(waiting),
            "behind": queues.to_json(queued),
            "held": holds.to_json(held),
            "audits": holds.to_json(audits),
            "cost": spent.to_dict(),
            "seconds": round(followed.seconds, 1),
        }
    )
    books.exit_if_waiting(entries)
    drift.exit_if_any(waiting)
    holds.exit_if_any(held)


def execute(screen: Screen, target: Target, run_input: dict[str, Any]) -> pipeline.Followed:
    """Start an execution and show its steps until it ends."""
    return watch(screen, target, executions.start(target, run_input))


def watch(screen: Screen, target: Target, execution: str) -> pipeline.Followed:
    """Show an execution's steps until it ends."""
    with Timeline(screen) as timeline:
        followed = pipeline.follow(target, execution, timeline.show)
    screen.done("pipeline", f"run {followed.run_id}", f"{followed.seconds:.1f} s")
    return followed
