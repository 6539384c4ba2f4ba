"""Bronze to silver in a function: what glue_jobs/silver.py does, in DuckDB, one dataset a call.

Files are replaced whole (copy-on-write). Those in which no key of the batch can stand aren't read;
where they are much beside the batch, those in which one can are read by the key's columns, and only
where one does, by all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from pyiceberg.manifest import DataFile

from dataplatform.adapters.holders import goes_on
from dataplatform.auditing import Answers, pass_audit
from dataplatform.duckdb_engine.bronze import lay_bronze
from dataplatform.duckdb_engine.classification import Classification, rows_to_write
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.matching import STANDING, lay_standing
from dataplatform.duckdb_engine.pruning import candidates
from dataplatform.duckdb_engine.quarantine import quarantine
from dataplatform.duckdb_engine.silver_columns import check_columns, stamps
from dataplatform.duckdb_engine.sizing import SILVER_EXPANSION, refuse_large
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.ledger import Ledger
from dataplatform.ledger.commits import commit_properties
from dataplatform.ledger.holders import Call
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Outcomes, table_lease
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import DuckdbSettings

LEASE_SECONDS: Final = 20 * 60
"""Longer than a function may run: a lease ends because its holder has ended, not under it."""

_FEW_TIMES: Final = 4
"""Silver's rows by the batch's, up to which they are read whole at once: nearly every file holds
some of the keys then, and to look for those that hold none costs more than it saves."""


def merge_dataset(
    settings: DuckdbSettings,
    ledger: Ledger,
    plan: SilverPlan,
    run_id: str,
    staged: Sequence[Batch],
    *,
    request: str,
    accept: bool = False,
) -> Outcomes:
    """Give each record of the batches its outcome and publish the dataset's table.

    Args:
        request: id of the call, which tells this attempt from a retry as the lease's holder.
        accept: publish whatever the batches' gates and bounds find; it is noted.

    Returns:
        The outcomes of all batches together.

    Raises:
        LeaseHeld: another attempt is at the table.
        TooLarge: the function's memory and disk don't do; nothing was published.
        NotForThisEngine: the table has files that only Spark reads.
        AuditFailed: what was staged isn't what was counted; nothing was published.
        BatchHeld: the batches break a gate or a bound; nothing was published.
    """
    owner = str(Call(run_id, plan.dataset, request))
    alive = goes_on(run_id, _glue)
    with (
        Engine(memory=settings.memory_bytes, storage=settings.storage_bytes) as engine,
        ThreadPoolExecutor(1, thread_name_prefix="aside") as aside,
    ):
        # Staged rows stay as they are, so they are read before the lease is held. Until they are,
        # the engine is that thread's.
        reading = aside.submit(lay_bronze, engine, plan, staged)
        with ledger.lease(
            table_lease(plan.silver_table), owner, LEASE_SECONDS, alive=alive
        ) as lease:
            table = LakeTable.open(plan.silver_table)
            published = [snapshot.summary for snapshot in table.snapshots()]
            done = Merged.recovered(published, staged)
            if todo := done.left(staged):
                check_columns(table, plan)
                if len(todo) < len(staged):
                    reading = aside.submit(lay_bronze, engine, plan, todo)
                merge = _Merge(engine, ledger, plan, run_id, table, todo)
                counted = merge.classify(reading.result())
                answers = merge.answers()
                changes = any(outcomes.changed for outcomes in counted.values())
                # A number that a held batch has drawn is skipped.
                drawing = aside.submit(ledger.next_sequence, plan.dataset) if changes else None
                profile = pass_audit(
                    ledger, plan, run_id, todo, answers, changes=changes, accept=accept
                )
                merge.quarantine(counted)
                warned, sequence = answers.warned, done.sequence
                if drawing:
                    sequence = drawing.result()
                    merge.publish(counted, warned, sequence)
                done = done.followed_by(
                    Merged(counted=counted, sequence=sequence, warned=warned, profile=profile)
                )
            live, size = table.count(), table.size()  # counting reads the table's manifest list
            return done.publish(ledger, staged, live=live, size=size, lease=lease)


class _Merge:
    """One merge of a batch list, in an engine of its own."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        plan: SilverPlan,
        run_id: str,
        table: LakeTable,
        batches: Sequence[Batch],
    ) -> None:
        self._engine = engine
        self._replays = any(batch.origin for batch in batches)
        self._ledger = ledger
        self._plan = plan
        self._run_id = run_id
        self._table = table
        self._steps = Classification(engine, plan, [batch.batch_id for batch in batches])
        self._files: dict[int, DataFile] = {}

    def classify(self, for_bronze: int) -> dict[str, Outcomes]:
        """Find each record's outcome; nothing is written.

        Args:
            for_bronze: bytes that the work on the batches' rows takes.
        """
        engine, plan = self._engine, self._plan
        self._steps.cast()
        files = candidates(engine, self._table, "ranked", plan.key)
        refuse_large(
            engine, plan.silver_table, files, expansion=SILVER_EXPANSION, beside=for_bronze
        )
        if sum(file.record_count for file in files) <= _FEW_TIMES * self._steps.newest:
            self._files = self._table.view(engine, "touched", files, with_places=True)
            self._steps.classify("touched")
        else:
            self._files = self._table.view(
                engine, "held", files, columns=plan.key, with_places=True
            )
            self._silver_view("touched", self._steps.match("held"))
            lay_standing(engine, "touched")
            self._steps.classify(STANDING)
        # Where no ordering decides, what comes later stands; a replay came when it came first.
        if self._replays and plan.primary_key:
            older = self._ledger.not_newer(self._steps.touch("touched"))
            self._steps.keep_newer("touched", older)
        return self._steps.outcomes()

    def answers(self) -> Answers:
        """What the audit asks."""
        return Answers.of(self._steps.figures(), self._steps.warned())

    def quarantine(self, counted: Mapping[str, Outcomes]) -> None:
        """Keep the rejected records; after the audit, so that a held batch leaves nothing."""
        rejected = [batch for batch, outcomes in counted.items() if outcomes.quarantined]
        if rejected:
            quarantine(self._engine, self._plan, self._run_id, rejected)

    def publish(
        self, counted: dict[str, Outcomes], warned: Mapping[str, int], sequence: int
    ) -> None:
        """Stage the changes in one commit, count them, and publish.

        Args:
            warned: batch -> records that passed with a warning.
            sequence: what the table stands at then.
        """
        total = sum(counted.values(), Outcomes())
        removed = self._steps.rewritten() if total.updated + total.deleted else []
        if removed:
            self._silver_view("replaced", removed)
        columns = self._table.columns
        rows = rows_to_write(
            columns,
            stamps(sequence),
            staying="replaced" if removed else "",
            order=self._order(len(removed)),
        )
        written = self._table.written(self._engine, rows)
        self._table.publish(
            added=written.files,
            arriving=written.arriving,
            removed=[self._files[number] for number in removed],
            properties=commit_properties(counted, sequence, warned),
            expected_rows=lambda before: before + total.inserted - total.deleted,
        )

    def _silver_view(self, name: str, numbers: Sequence[int]) -> None:
        files = [self._files[number] for number in numbers]
        self._table.view(self._engine, name, files, with_places=True)

    def _order(self, replaced: int) -> tuple[str, ...]:
        """Several replaced files are parted by key again, as they came.

        Otherwise the bounds of new files would widen from merge to merge, until every batch finds
        its keys in all of them.
        """
        return self._plan.key if replaced > 1 else ()


def _glue() -> Any:
    import boto3

    return boto3.client("glue")
