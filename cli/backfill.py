"""`weir backfill`: rows derived anew from bronze, followed chunk by chunk."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.table import Table

from cli import costs, executions
from cli.screen import Screen, Task, WrongUsage
from cli.target import Target, dataset_of
from dataplatform.errors import WeirError
from dataplatform.ledger.backfill_input import parse_backfill_input
from dataplatform.ledger.costs import cost
from dataplatform.ledger.records import Backfill, BackfillCounts, Chunk
from dataplatform.ledger.usage import Meter, Usage
from dataplatform.sizes import size

_ROWS_A_SECOND: Final = 60_000
"""Of bronze, cast, ranked and compared by a function of 3,008 MiB: a guess on the safe side, for a
dry run. What a backfill took is in its books."""

_SPARK_ROWS_A_SECOND: Final = 50_000
"""The same of one worker of the job; its driver is another."""

_SPARK_SECONDS: Final = 60.0
"""Until the job's work begins."""

_PLANNED: Final = (
    "dataset",
    "since",
    "until",
    "batches",
    "window_rows",
    "rows",
    "bytes",
    "chunks",
    "engine",
    "reason",
)
_NOUNS: Final = ("kept", "absent", "inserted", "updated", "deleted")


class BackfillFailed(WeirError):
    """The state machine's execution ended without success."""


def backfill(
    screen: Screen,
    stage: str | None,
    dataset: str,
    since: str,
    until: str,
    engine: str | None,
    *,
    dry_run: bool,
) -> None:
    """Start a backfill, follow it to its end and show what it changed."""
    target = Target.choose(stage)
    dataset_of(target.plan, dataset)  # said here, in a line, rather than by an execution that fails
    wanted: dict[str, Any] = {"dataset": dataset, "from": since, "to": until}
    if engine is not None:
        wanted["engine"] = engine
    if dry_run:
        wanted["dry_run"] = True
    parse_backfill_input(wanted, [dataset], datetime.now(UTC))
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
    counts = sum((chunk.counts for chunk in chunks), BackfillCounts())
    spent = costs.cost_of(target, found.backfill_id)
    _show(screen, found, chunks, counts)
    screen.say(f"\n {costs.dollars(spent)}" + (", gold apart" if counts.changed else ""))
    screen.result(
        {
            "backfill": found.backfill_id,
            "dataset": dataset,
            "from": found.since,
            "to": found.until,
            "chunks": found.chunks,
            "engine": found.engine,
            "reason": found.reason,
            "left_to_spark": {chunk.number: chunk.reason for chunk in _handed(chunks)},
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
    if why.partition(": ")[0] == "InvalidRunInput" and _found(target, dataset, execution) is None:
        raise WrongUsage(executions.words(why))
    raise BackfillFailed(
        f"backfill {description['status'].lower()}: {why}",
        why="Chunks that are done stay done; silver and its books agree.",
        remedy="Look: ./weir logs --function backfill; then the same command again: it"
        " does what is left.",
    )


def _progress(target: Target, dataset: str, execution: str) -> str:
    found = _found(target, dataset, execution)
    if found is None:
        return "planning"
    chunks = target.ledger.chunks(found.backfill_id)
    done = [chunk for chunk in chunks if chunk.state == "done"]
    keys = sum(chunk.counts.keys for chunk in done)
    so_far = f"{len(done)} of {_some(len(chunks), 'chunk', 'chunks')} · {keys:,} keys"
    if len(done) == len(chunks):
        return f"{so_far} · gold follows"
    by = " by Spark" if any(chunk.waits_for_spark for chunk in chunks) else ""
    return f"{so_far} · {found.rows:,} rows to read{by}"


def _found(target: Target, dataset: str, execution: str) -> Backfill | None:
    found = target.ledger.backfills(dataset, limit=5)
    return next((each for each in found if each.execution == execution), None)


def _handed(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Those that functions were planned for, and that Spark does."""
    return [chunk for chunk in chunks if chunk.reason]


def _show(screen: Screen, found: Backfill, chunks: Sequence[Chunk], counts: BackfillCounts) -> None:
    title = f"Books of this backfill of {found.dataset}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    figures = [counts.keys, *(getattr(counts, name) for name in _NOUNS)]
    figures += [counts.quarantined, counts.released]
    for name in ("keys", *_NOUNS, "quarantined", "released"):  # whole at 80 columns
        table.add_column(name, justify="right", min_width=7, no_wrap=True)
    table.add_row(*(f"{figure:,}" for figure in figures))
    screen.say(
        f" {_some(counts.records, 'record was', 'records were')} looked at; today's rules "
        f"refuse {counts.rejected:,}."
    )
    screen.show(table)
    if counts.absent:
        screen.say(" absent: no row, and rightly so: deleted, or none of their records is good.")
    screen.say(f" {found.engine} · {found.reason}")
    for chunk in _handed(chunks):
        screen.say(f" chunk {chunk.number + 1} of {chunk.of}: spark · {chunk.reason}")
    if not counts.changed:
        screen.say(" Silver was what bronze says already.")


def _show_plan(screen: Screen, answer: dict[str, Any]) -> None:
    plan = answer["plan"]
    used = _estimated(answer)
    seconds, dollars = used.milliseconds / 1000, cost([used]).total
    batches = _some(plan["batches"], "batch", "batches")
    screen.say(
        f" {batches} with {plan['window_rows']:,} records arrived"
        f" from {plan['since']} to {plan['until']}."
    )
    screen.say(
        f" Of all days {plan['rows']:,} records ({size(plan['bytes'])}) would be read,"
        f" by {'Spark' if plan['engine'] == 'spark' else 'DuckDB'}"
        f" in {_some(plan['chunks'], 'chunk', 'chunks')} ({plan['reason']}):"
    )
    screen.say(
        f" about {seconds:,.0f} s of {'a job' if plan['engine'] == 'spark' else 'functions'},"
        f" {costs.in_dollars(dollars)}; gold's own cost comes where rows change."
    )
    screen.say(" Nothing was touched.")
    screen.result(
        {
            **{name: plan[name] for name in _PLANNED},
            "estimate": {"seconds": round(seconds, 1), "dollars": round(dollars, 5)},
        }
    )


def _estimated(answer: dict[str, Any]) -> Usage:
    """What the work would use of what AWS bills by time."""
    plan, dpu = answer["plan"], answer["dpu"]
    if plan["engine"] == "spark":
        seconds = _SPARK_SECONDS + plan["rows"] / _SPARK_ROWS_A_SECOND / max(1, dpu - 1)
        meter: Meter = "glue"
    else:
        seconds, meter = plan["rows"] / _ROWS_A_SECOND + plan["chunks"], "lambda"
    return Usage(
        run_id="",
        step="backfill",
        meter=meter,
        size=dpu if meter == "glue" else answer["memory_mib"],
        milliseconds=round(seconds * 1000),
    )


def _some(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
