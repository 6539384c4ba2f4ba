"""`weir backfill`: rows derived anew from bronze, followed chunk by chunk."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from rich.table import Table

from cli import books, executions
from cli.screen import Screen, Task, WrongUsage
from cli.target import Target, dataset_of
from dataplatform.errors import WeirError
from dataplatform.ledger.costs import cost
from dataplatform.ledger.records import Backfill, Rederived
from dataplatform.ledger.usage import Usage

_ROWS_A_SECOND: Final = 60_000
"""Of bronze, cast, ranked and compared by a function of 3,008 MiB: a guess on the safe side, for a
dry run. What a backfill took is in its books."""

_PLANNED: Final = (
    "dataset",
    "since",
    "until",
    "batches",
    "window_rows",
    "rows",
    "bytes",
    "chunks",
)
_NOUNS: Final = ("kept", "inserted", "updated", "deleted")


class BackfillFailed(WeirError):
    """The state machine's execution ended without success."""


def backfill(
    screen: Screen, stage: str | None, dataset: str, since: str, until: str, *, dry_run: bool
) -> None:
    """Start a backfill, follow it to its end and show what it changed."""
    target = Target.choose(stage)
    dataset_of(target.plan, dataset)  # said here, in a line, rather than by an execution that fails
    wanted: dict[str, Any] = {"dataset": dataset, "from": since, "to": until}
    if dry_run:
        wanted["dry_run"] = True
    execution = executions.start(target, wanted, machine="BackfillArn")
    began = time.monotonic()
    with screen.task("backfill", "planning") as task:
        description = _follow(target, dataset, execution, task)
        task.detail = f"{dataset} · {since} to {until}"
    if dry_run:
        _show_plan(screen, json.loads(description["output"]))
        return
    found = _found(target, dataset, execution)
    assert found is not None, "an execution that succeeded has noted its backfill"
    chunks = target.ledger.chunks(found.backfill_id)
    counts = sum((chunk.counts for chunk in chunks), Rederived())
    spent = books.cost_of(target, found.backfill_id)
    _show(screen, found, counts)
    screen.say(f"\n {books.dollars(spent)}" + (", gold apart" if counts.changed else ""))
    screen.result(
        {
            "backfill": found.backfill_id,
            "dataset": dataset,
            "from": found.since,
            "to": found.until,
            "chunks": found.chunks,
            "counts": counts.to_dict(),
            "cost": spent.to_dict(),
            "seconds": round(time.monotonic() - began, 1),
        }
    )


def _follow(target: Target, dataset: str, execution: str, task: Task) -> dict[str, Any]:
    """Wait for the execution's end, showing chunks done of all.

    Raises:
        WrongUsage: the input was refused.
        BackfillFailed: with the state machine's own error and cause.
    """

    def look() -> None:
        task.show(_progress(target, dataset, execution))

    description = executions.wait(target, execution, look)
    if description["status"] == "SUCCEEDED":
        return description
    why = executions.reason(target, description)
    error, _, said = why.partition(": ")
    if error == "InvalidRunInput" and _found(target, dataset, execution) is None:
        raise WrongUsage(said, why="No row was touched.")
    raise BackfillFailed(
        f"backfill {description['status'].lower()}: {why}",
        why="Chunks that are done stay done; silver and its books agree.",
        remedy="Look: ./weir logs --function rederive-chunk; then the same command again: it"
        " does what is left.",
    )


def _progress(target: Target, dataset: str, execution: str) -> str:
    found = _found(target, dataset, execution)
    if found is None:
        return "planning"
    chunks = target.ledger.chunks(found.backfill_id)
    done = [chunk for chunk in chunks if chunk.state == "done"]
    keys = sum(chunk.counts.keys for chunk in done)
    if len(done) == len(chunks):
        return f"{len(done)} of {len(chunks)} chunks · {keys:,} keys · gold follows"
    return f"{len(done)} of {len(chunks)} chunks · {keys:,} keys · {found.rows:,} rows to read"


def _found(target: Target, dataset: str, execution: str) -> Backfill | None:
    found = target.ledger.backfills(dataset, limit=5)
    return next((each for each in found if each.execution == execution), None)


def _show(screen: Screen, found: Backfill, counts: Rederived) -> None:
    table = Table(title="Books of this backfill", title_justify="left", box=None, pad_edge=False)
    for name in ("dataset", "keys", *_NOUNS, "quarantined", "released"):
        table.add_column(name, justify="left" if name == "dataset" else "right")
    figures = [counts.keys, *(getattr(counts, name) for name in _NOUNS)]
    figures += [counts.quarantined, counts.released]
    table.add_row(found.dataset, *(f"{figure:,}" for figure in figures))
    screen.show(table)
    if not counts.changed:
        screen.say(" Silver was what bronze says already.")


def _show_plan(screen: Screen, answer: dict[str, Any]) -> None:
    plan = answer["plan"]
    seconds = plan["rows"] / _ROWS_A_SECOND + plan["chunks"]
    call = Usage(
        run_id="",
        step="rederive-chunk",
        meter="lambda",
        size=answer["memory_mib"],
        milliseconds=round(seconds * 1000),
    )
    dollars = cost([call]).total
    batches = _some(plan["batches"], "batch", "batches")
    screen.say(
        f" {batches} with {plan['window_rows']:,} records arrived"
        f" from {plan['since']} to {plan['until']}."
    )
    screen.say(
        f" Of all days {plan['rows']:,} records ({plan['bytes'] / 2**20:,.1f} MiB) would be read,"
        f" by DuckDB in {_some(plan['chunks'], 'chunk', 'chunks')}:"
    )
    screen.say(
        f" about {seconds:,.0f} s of functions, {books.in_dollars(dollars)};"
        " gold's own cost comes where rows change."
    )
    screen.say(" Nothing was touched.")
    screen.result(
        {
            **{name: plan[name] for name in _PLANNED},
            "engine": "duckdb",
            "estimate": {"seconds": round(seconds, 1), "dollars": round(dollars, 5)},
        }
    )


def _some(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
