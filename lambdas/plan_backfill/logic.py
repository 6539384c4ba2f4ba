"""What a backfill has to read, its chunks, and the right to be the only one of its dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from pyiceberg.expressions import And, GreaterThanOrEqual, LessThan, Reference
from pyiceberg.manifest import DataFile

from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import BackfillRunning, LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.backfill_input import BackfillInput, parse_backfill_input
from dataplatform.ledger.records import Backfill, Lease, backfill_lease
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import PlatformPlan, SilverPlan
from dataplatform.settings import BackfillSettings
from lambdas.plan_backfill.engine import choice

LEASE_SECONDS: Final = 6 * 3600
"""As long as an execution may take; one that has ended before is found to have."""


@dataclass(frozen=True)
class Reading:
    """Rows and bytes of bronze that are read, of all days, and what of it arrived in the window."""

    rows: int
    bytes: int
    window_rows: int
    batches: int


def plan_backfill(
    ledger: Ledger,
    plan: PlatformPlan,
    settings: BackfillSettings,
    *,
    raw: Any,
    execution: str,
    now: datetime,
    goes_on: Callable[[str], bool],
) -> dict[str, Any]:
    """Validate the input, then begin a backfill, or go on with one that ended before it was done.

    Args:
        settings: of the function that does a chunk, and what is Spark's.
        raw: the execution's input.
        goes_on: whether an execution does.

    Returns:
        `chunks` are what is left for functions to do; a dry run has none, but the memory and the
        DPU of those who would.

    Raises:
        InvalidRunInput: with every problem of `raw`.
        BackfillRunning: another execution derives rows of the dataset anew.
    """
    wanted = parse_backfill_input(raw, [d.dataset for d in plan.datasets], now)
    planned = _planned(ledger, plan.dataset(wanted.dataset), settings, wanted, execution)
    if wanted.dry_run:
        answer = _answer(planned, "dry-run", resumed=False, chunks=[], dry_run=True)
        return {**answer, "memory_mib": int(settings.memory_mib), "dpu": int(settings.dpu)}
    _take(ledger, planned.dataset, execution, goes_on)
    before = _unfinished(ledger, planned, wanted.engine)
    backfill = before or ledger.open_backfill(planned)
    ledger.resume_backfill(backfill.backfill_id, execution)
    for_functions = [
        chunk.number
        for chunk in ledger.chunks(backfill.backfill_id)
        if chunk.state == "pending" and chunk.engine == "duckdb"
    ]
    if wanted.engine == "spark":
        for number in for_functions:
            ledger.leave_chunk_to_spark(backfill.backfill_id, number, planned.reason)
        for_functions = []
    return _answer(
        backfill,
        backfill.backfill_id,
        resumed=before is not None,
        chunks=for_functions,
        dry_run=False,
    )


def _planned(
    ledger: Ledger,
    dataset: SilverPlan,
    settings: BackfillSettings,
    wanted: BackfillInput,
    execution: str,
) -> Backfill:
    read = reading(dataset, wanted)
    chosen = choice(
        dataset,
        settings,
        ledger.totals(dataset.dataset),
        rows=read.rows,
        bytes=read.bytes,
        wanted=wanted.engine,
    )
    return Backfill(
        backfill_id="",
        dataset=dataset.dataset,
        since=wanted.since,
        until=wanted.until,
        mark=dataset.mark,
        chunks=chosen.chunks,
        execution=execution,
        engine=chosen.engine,
        reason=chosen.reason,
        batches=read.batches,
        window_rows=read.window_rows,
        rows=read.rows,
        bytes=read.bytes,
    )


def reading(plan: SilverPlan, wanted: BackfillInput) -> Reading:
    """What bronze's manifests say; no row is read. Of a file that spans days, all is counted."""
    table = LakeTable.open(plan.bronze_table)
    arrived = Reference(BronzeColumn.ARRIVED_AT.value)
    # PyIceberg knows UTC by its offset alone.
    since, until = (at.replace("Z", "+00:00") for at in (wanted.since, wanted.until))
    every = table.files()
    window = table.files(
        And(GreaterThanOrEqual(arrived, since), LessThan(arrived, until))  # type: ignore[call-arg, arg-type]
    )
    return Reading(
        rows=_rows(every),
        bytes=sum(file.file_size_in_bytes for file in every),
        window_rows=_rows(window),
        batches=len({str(file.partition[0]) for file in window}),
    )


def _take(ledger: Ledger, dataset: str, execution: str, goes_on: Callable[[str], bool]) -> None:
    def alive(holder: Lease) -> bool:
        return goes_on(holder.owner)

    try:
        ledger.take_over_lease(backfill_lease(dataset), execution, LEASE_SECONDS, alive=alive)
    except LeaseHeld as error:
        raise BackfillRunning(
            f"a backfill of {dataset} goes on: {error.what}",
            why="Two at once would derive the same rows twice.",
            remedy="Wait for its end, or stop its execution; this one can be started then.",
        ) from error


def _unfinished(ledger: Ledger, planned: Backfill, wanted: str) -> Backfill | None:
    """The same backfill, begun by the same rules; by others its chunks would be worth nothing.

    Spark goes on with what functions have begun; functions don't with what was planned for Spark,
    which is one chunk.

    Args:
        wanted: the engine that was asked for this time; "" for none.
    """
    found = None
    for each in ledger.open_backfills(planned.dataset):
        same = (each.since, each.until) == (planned.since, planned.until)
        theirs = same and wanted == "duckdb" and each.engine == "spark"
        if each.mark != planned.mark or theirs:
            ledger.end_backfill(each.backfill_id, "superseded")
        elif same:
            found = found or each
    return found


def _answer(
    backfill: Backfill, run_id: str, *, resumed: bool, chunks: list[int], dry_run: bool
) -> dict[str, Any]:
    shown = replace(backfill, backfill_id=run_id)
    return {
        "run_id": run_id,
        "dry_run": dry_run,
        "resumed": resumed,
        "chunks": [{"run_id": run_id, "chunk": number} for number in chunks],
        "plan": asdict(shown),
    }


def _rows(files: list[DataFile]) -> int:
    return sum(file.record_count for file in files)
