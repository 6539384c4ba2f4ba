"""A chunk of a backfill in a function: silver's rows of its keys become what bronze says today.

Bronze is read, cast and ranked beside whoever writes silver; only comparing and committing take the
table's lease. Batches that were published in between are read then, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pyiceberg.expressions import NotIn, Reference
from pyiceberg.manifest import DataFile

from dataplatform.backfilling import commit_properties, committed, withheld
from dataplatform.duckdb_engine.backfill_steps import BackfillSteps
from dataplatform.duckdb_engine.classification import rows_to_write
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.late_columns import lay_filled
from dataplatform.duckdb_engine.pruning import candidates
from dataplatform.duckdb_engine.requarantine import Requarantine
from dataplatform.duckdb_engine.silver_columns import check_columns, stamps
from dataplatform.duckdb_engine.sizing import (
    BRONZE_EXPANSION,
    SILVER_EXPANSION,
    refuse_large,
)
from dataplatform.duckdb_engine.sql import literal
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import ChunkCall
from dataplatform.ledger.records import (
    Backfill,
    BackfillCounts,
    Chunk,
    Lease,
    chunk_mark,
    table_lease,
)
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import DuckdbSettings

_BATCH: Final = BronzeColumn.BATCH_ID.value


def publish_chunk(
    settings: DuckdbSettings,
    ledger: Ledger,
    plan: SilverPlan,
    backfill: Backfill,
    chunk: Chunk,
    *,
    request: str,
    seconds: int,
    alive: Callable[[Lease], bool],
    patience: float = 0,
) -> BackfillCounts:
    """Set silver's rows of a chunk's keys, and quarantine, to what bronze gives by today's plan.

    Doing it twice changes nothing the second time; a commit that the ledger wasn't told of is found
    by its snapshot.

    Args:
        request: id of the call, which tells this attempt from a retry as the lease's holder.
        seconds: until this call is ended: as long as it may hold the table's lease.
        alive: whether another holder of that lease goes on.
        patience: seconds to wait for it: what is derived by then would be lost.

    Raises:
        LeaseHeld: a merge or another chunk writes the table.
        TooLarge: the function's memory and disk don't do; silver is as it was.
        NotForThisEngine: the table has files or columns that only Spark deals with.
        AuditFailed: what was staged isn't what was counted; silver is as it was.
        BooksUnbalanced: a key was compared twice or not at all; silver is as it was.
    """
    owner = str(ChunkCall(backfill.backfill_id, chunk.number, request))
    with Engine(memory=settings.memory_bytes, storage=settings.storage_bytes) as engine:
        work = _Chunk(engine, ledger, plan, backfill, chunk)
        work.derive(LakeTable.open(plan.silver_table))
        name = table_lease(plan.silver_table)
        with ledger.lease(name, owner, seconds, alive=alive, patience=patience) as lease:
            silver = LakeTable.open(plan.silver_table)
            done = work.committed(silver)
            if done is None:
                work.derive(silver)
                done = work.publish(silver)
            counts, sequence = done
            live, size = silver.count(), silver.size()
            ledger.chunk_done(
                backfill,
                chunk.number,
                counts,
                sequence=sequence,
                live=live,
                size=size,
                lease=lease,
            )
    return counts


@dataclass(frozen=True)
class _Source:
    """Bronze as published: `withheld` are batches that don't count."""

    table: LakeTable
    files: Sequence[DataFile]
    withheld: tuple[str, ...]

    @property
    def identity(self) -> tuple[frozenset[str], tuple[str, ...]]:
        return frozenset(file.file_path for file in self.files), self.withheld


class _Chunk:
    """One chunk, in an engine of its own."""

    def __init__(
        self, engine: Engine, ledger: Ledger, plan: SilverPlan, backfill: Backfill, chunk: Chunk
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._plan = plan
        self._mark = chunk_mark(backfill.backfill_id, chunk.number)
        self._chunk = chunk
        self._steps = BackfillSteps(engine, plan, backfill, chunk)
        self._quarantine = Requarantine(engine, ledger, plan, backfill.backfill_id, self._mark)
        self._source: _Source | None = None
        self._needed = 0

    def derive(self, silver: LakeTable) -> None:
        """Rank what bronze holds of the keys; nothing is done again where bronze is as it was."""
        source = self._published(silver)
        if self._source is not None and self._source.identity == source.identity:
            return
        engine, plan = self._engine, self._plan
        self._needed = refuse_large(
            engine,
            plan.bronze_table,
            source.files,
            expansion=BRONZE_EXPANSION / self._chunk.of,
        )
        columns = [column.name for column in plan.columns]
        columns += [column.value for column in BronzeColumn]
        source.table.view(engine, "bronze_files", source.files, columns=columns)
        source.table.view(engine, "bronze_whole", source.files)
        left_out = ", ".join(map(literal, source.withheld))
        engine.execute(
            "CREATE OR REPLACE TEMP VIEW bronze_sent AS "
            f"SELECT * FROM bronze_files WHERE {_BATCH} NOT IN ({left_out})"
        )
        lay_filled(engine, plan, "bronze_sent", "bronze")
        self._steps.derive("bronze")
        self._source = source

    def committed(self, silver: LakeTable) -> tuple[BackfillCounts, int] | None:
        """What an earlier attempt had published without telling the ledger."""
        return committed((snapshot.summary for snapshot in silver.snapshots()), self._mark)

    def publish(self, silver: LakeTable) -> tuple[BackfillCounts, int]:
        """Compare, quarantine, and publish what differs in one commit.

        Returns:
            The counts, and the sequence of the changed rows; 0 where none differs.
        """
        engine, plan = self._engine, self._plan
        check_columns(silver, plan)
        files = candidates(engine, silver, "wanted", plan.key)
        refuse_large(
            engine, plan.silver_table, files, expansion=SILVER_EXPANSION, beside=self._needed
        )
        places = silver.view(engine, "held", files, columns=plan.key, with_places=True)
        found = [places[number] for number in self._steps.match("held")]
        silver.view(engine, "touched", found, with_places=True)
        self._steps.compare("touched")
        counts = self._steps.counted()
        # Before silver: a row that is taken out there is in quarantine by then.
        counts += self._quarantine.follow()
        if not counts.changed:
            return counts, 0
        return counts, self._commit(silver, counts, places)

    def _commit(
        self, silver: LakeTable, counts: BackfillCounts, places: dict[int, DataFile]
    ) -> int:
        sequence = self._ledger.next_sequence(self._plan.dataset)
        removed = [places[number] for number in self._steps.rewritten()]
        if removed:
            silver.view(self._engine, "replaced", removed, with_places=True)
        rows = rows_to_write(
            silver.columns,
            stamps(sequence),
            staying="replaced" if removed else "",
            order=self._plan.key if len(removed) > 1 else (),
        )
        silver.publish(
            added=silver.write(self._engine, rows),
            removed=removed,
            properties=commit_properties(self._mark, counts, sequence),
            expected_rows=lambda before: before + counts.inserted - counts.deleted,
        )
        return sequence

    def _published(self, silver: LakeTable) -> _Source:
        bronze = LakeTable.open(self._plan.bronze_table)
        summaries = (snapshot.summary for snapshot in silver.snapshots())
        left_out = withheld(self._ledger, self._plan.dataset, self._mark, summaries)
        wanted = NotIn(Reference(_BATCH), left_out)  # type: ignore[call-arg, arg-type]
        return _Source(bronze, bronze.files(wanted), left_out)
