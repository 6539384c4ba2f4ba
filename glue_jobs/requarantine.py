"""Quarantine follows what a backfill finds: a record is there where today's rules refuse it.

By the same rules as in a function (`dataplatform.duckdb_engine.requarantine`): what is refused now
becomes a batch of its own, copied in bronze, and rows of records that are good now go.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.backfilling import Replayed, place_of, refused_batch
from dataplatform.ledger.records import BackfillCounts, Rejudged, table_lease
from dataplatform.ledger.staging import Staged, carries, staged_properties
from dataplatform.naming import BATCHES_PROPERTY, OUTCOMES_PROPERTY, BronzeColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs import tables
from glue_jobs.runtime import Job
from glue_jobs.snapshot_properties import commit_with
from glue_jobs.transforms import requarantine as steps

_BATCH: Final = BronzeColumn.BATCH_ID.value

_MERGE: Final = (
    "MERGE INTO {target} AS t USING {changes} AS c ON t.dataset = c.dataset "
    "AND t.batch_id = c.batch_id AND t.object = c.object AND t.version = c.version "
    "AND t.position = c.position AND t.reasons = c.reasons AND {within} "
    f"WHEN MATCHED AND c._action = '{steps.RELEASE}' THEN DELETE "
    f"WHEN NOT MATCHED AND c._action = '{steps.REFUSE}' THEN INSERT ({{columns}}) "
    "VALUES ({values})"
)

log = logging.getLogger("weir.backfill")


@dataclass(frozen=True, kw_only=True)
class Requarantine:
    """What a chunk has found, held against quarantine.

    run: stands as the run of the rows that are written: the backfill's id.
    mark: of the chunk; its commit is found by it.
    typed: the chunk's records, cast and checked.
    bronze, whole: their rows of bronze, as the contract has them now and as they are.
    """

    job: Job
    plan: SilverPlan
    run: str
    mark: str
    typed: DataFrame
    bronze: DataFrame
    whole: DataFrame

    def follow(self) -> BackfillCounts:
        """Set quarantine to what the chunk has found, once, and tell the books.

        Raises:
            Overtaken: somebody wrote the table, or replays its rows, meanwhile.
        """
        ledger = self.job.ledger
        with self.job.lease(table_lease(self.plan.quarantine_table)):
            done = self._recorded()
            if done is None:
                done = self._judge()
            ledger.rejudged(self.plan.dataset, self.run, self.mark, done)
        return BackfillCounts(quarantined=done.refused, released=sum(done.released.values()))

    def _recorded(self) -> Rejudged | None:
        """What an earlier attempt had committed."""
        for snapshot in tables.published_snapshots(self.job.spark, self.plan.quarantine_table):
            if carries(snapshot.summary, self.mark):
                return Rejudged.from_json(snapshot.summary[OUTCOMES_PROPERTY])
        return None

    def _judge(self) -> Rejudged:
        """Find what changes, and change it: copies to bronze first, where a replay looks."""
        plan, spark, replayed = self.plan, self.job.spark, Replayed(self.job.ledger)
        table = spark.table(tables.qualified(plan.quarantine_table))
        found = steps.seen(self.typed, table.where(F.col("dataset") == plan.dataset))
        try:
            taken = replayed.among(found.kinds())
            gone = steps.freed(spark, found, taken).localCheckpoint()
            come = steps.refused(spark, found, taken).localCheckpoint()
        finally:
            found.release()
        by_batch = gone.groupBy("batch_id").agg(F.sum("times")).collect()
        released = {row[0]: int(row[1]) for row in by_batch}
        sources = {row[0]: row[1] for row in come.groupBy(_BATCH).count().collect()}
        done = Rejudged(
            refused_batch(plan.dataset, self.mark),
            sum(sources.values()),
            released,
            place_of(self.job.ledger, sources),
        )
        if not done.refused and not released:
            return done
        if done.refused:
            self._copy(done, steps.of_bronze(self.whole, come))
        rows = steps.of_bronze(self.bronze, come)
        changes = steps.changes(plan, self.run, done.batch_id, gone, rows)
        replayed.check(plan.quarantine_table)
        self._write(done, changes)
        return done

    def _copy(self, done: Rejudged, rows: DataFrame) -> None:
        """The refused records under their batch's id; what an attempt has copied is replaced."""
        bronze = tables.qualified(self.plan.bronze_table)
        columns = self.job.spark.table(bronze).columns
        copies = rows.withColumn(_BATCH, F.lit(done.batch_id)).select(*columns)
        write = copies.writeTo(bronze).options(**tables.AS_THEY_COME)
        properties = staged_properties(done.batch_id, Staged(rows=done.refused))
        commit_with(self.job.spark, properties, write.overwritePartitions)

    def _write(self, done: Rejudged, changes: DataFrame) -> None:
        """One commit, which carries the mark."""
        spark, plan = self.job.spark, self.plan
        log.info("%s: %d records to quarantine, %s out", self.mark, done.refused, done.released)
        view = f"weir_requarantined_{plan.dataset}"
        # MERGE refuses a source that isn't deterministic, as the time of quarantine isn't.
        changes.localCheckpoint().createOrReplaceTempView(view)
        target = tables.qualified(plan.quarantine_table)
        properties = {BATCHES_PROPERTY: self.mark, OUTCOMES_PROPERTY: done.to_json()}
        names = tables.QUARANTINE_COLUMNS
        if not done.released:
            commit_with(spark, properties, lambda: tables.append(spark, view, target, names))
            return
        batches = ", ".join(f"'{name}'" for name in sorted(done.released))
        merge = _MERGE.format(
            target=target,
            changes=view,
            within=f"t.dataset = '{plan.dataset}' AND t.batch_id IN ({batches})",
            columns=", ".join(names),
            values=", ".join(f"c.{name}" for name in names),
        )
        tables.merge(spark, plan.quarantine_table, merge, properties)
