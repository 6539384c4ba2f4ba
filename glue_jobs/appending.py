"""Large batches that only insert: written as they are ranked, and counted where they were written.

What `transforms.silver.compare` classifies waits in memory, since its counts come first. Where no
row of silver can have a key of the batches, and none of them deletes, every newest record is an
insert: nothing is to be compared, and nothing need wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from dataplatform.auditing import Answers
from dataplatform.errors import BatchHeld
from dataplatform.ledger.commits import commit_properties
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Outcomes
from dataplatform.naming import AUDIT_BRANCH, BronzeColumn
from dataplatform.plans.model import SilverPlan
from glue_jobs import changes, tables
from glue_jobs.load import Load
from glue_jobs.transforms import counting, silver

LEAST_ROWS: Final = 250_000
"""Three commits more and a look at what was written must be worth it. 100,000 rows took 4.4 CPU
seconds so and 3.6 compared, 250,000 5.5 and 4.6 for 6.5 and 5.0, half a million 8.0 and 7.5. A
million gained a twentieth to a tenth, ten million, which memory doesn't hold, a fifth."""

MOST_BATCHES: Final = 16
"""Each is counted by two figures of its own while the rows are written."""

_SOURCE: Final = "source-snapshot-id"
"""Iceberg's own word for a snapshot whose files another one has taken over: whoever forgets the
first with Iceberg's `expire_snapshots` leaves the files to the second."""


def may_append(plan: SilverPlan, staged: Sequence[Batch], rows: int) -> bool:
    """Whether it would pay, and no step needs to know more of a record than silver holds of it.

    Silver has no warnings; and of a replay's records some may not be newer than what stands.

    Args:
        rows: of the batches in bronze.
    """
    few = len(staged) <= MOST_BATCHES
    return rows >= LEAST_ROWS and few and not plan.warns and not any(b.origin for b in staged)


def only_inserts(spark: SparkSession, ranked: silver.Ranked, held: str) -> bool:
    """Whether no record deletes, and nothing stands that may have a key of theirs.

    Args:
        held: SQL of what of silver can have their keys.
    """
    deletes = ranked.raw.where(F.col(BronzeColumn.OP) == silver.DELETE)
    return not deletes.take(1) and not spark.sql(f"SELECT 1 FROM {held}").take(1)


def append_batches(load: Load) -> Merged:
    """Stage the newest records, count and audit what was staged, quarantine, and publish."""
    spark, plan = load.job.spark, load.plan
    # Of a load that is held or changes nothing this number is missed by nobody: readers ask for
    # rows above the one that they have seen.
    following = load.job.ledger.next_sequence(plan.dataset)
    staged, by_action = _stage(load, following)
    counted = counting.booked(load.ranked, by_action, load.rows)
    total = sum(counted.values(), Outcomes())
    answers = Answers.of(counting.answer(staged.rows(spark), plan, load.sent), ())
    try:
        profile = load.audited(answers, changes=total.changed > 0)
    except BatchHeld:
        staged.drop(spark)
        raise
    if total.quarantined:
        load.quarantine()
    if not total.changed:
        staged.drop(spark)
        return Merged(counted=counted, sequence=load.sequence, profile=profile)
    properties = commit_properties(counted, following)
    tables.publish(
        spark,
        plan.silver_table,
        write=lambda _: staged.take_over(spark, properties),
        properties=properties,
        expected_rows=lambda before: before + total.inserted,
        base=load.base,
    )
    return Merged(counted=counted, sequence=following, profile=profile)


@dataclass(frozen=True)
class _Staged:
    """Rows that were appended to the audit branch: all that its snapshot has added.

    snapshot: Iceberg's own.
    """

    table: str
    snapshot: Any

    def rows(self, spark: SparkSession) -> DataFrame:
        """Read from what was written."""
        reader = spark.read.option("start-snapshot-id", self.snapshot.parentId())
        reader = reader.option("end-snapshot-id", self.snapshot.snapshotId())
        return reader.table(tables.qualified(self.table))

    def take_over(self, spark: SparkSession, properties: Mapping[str, str]) -> None:
        """Add the rows' files to the audit branch as it is now, in a commit with properties."""
        held = tables.loaded(spark, self.table)
        pending = held.newAppend().toBranch(AUDIT_BRANCH)
        for file in self.snapshot.addedDataFiles(held.io()):
            pending.appendFile(file)
        for name, value in {**properties, _SOURCE: str(self.snapshot.snapshotId())}.items():
            pending.set(name, value)
        pending.commit()

    def drop(self, spark: SparkSession) -> None:
        """Leave the files to whoever looks for those that nothing names."""
        tables.drop_staged(tables.loaded(spark, self.table))


def _stage(load: Load, sequence: int) -> tuple[_Staged, dict[str, dict[str, int]]]:
    """Write the newest records; and, counted by the way, each batch's good records by action."""
    spark, plan, batches = load.job.spark, load.plan, list(load.rows)
    ranks = {silver.INSERT: F.col(silver.RANK) == 1, silver.SUPERSEDED: F.col(silver.RANK) > 1}
    figures = {
        (batch, action): f"m{number}"
        for number, (batch, action) in enumerate((b, a) for b in batches for a in ranks)
    }
    of = F.col(BronzeColumn.BATCH_ID)
    seen = Observation()
    newest = load.ranked.rows.observe(
        seen,
        *(F.count_if((of == b) & ranks[a]).alias(name) for (b, a), name in figures.items()),
    ).where(ranks[silver.INSERT])
    held = tables.loaded(spark, plan.silver_table)
    tables.stage(plan.silver_table, held, load.base)
    view = changes.stamped(plan, newest, sequence)
    changes.append(spark, plan, view, tables.branch(plan.silver_table, AUDIT_BRANCH))
    held.refresh()
    by_action: dict[str, dict[str, int]] = {batch: {} for batch in batches}
    for (batch, action), name in figures.items():
        by_action[batch][action] = seen.get[name]
    return _Staged(plan.silver_table, held.snapshot(AUDIT_BRANCH)), by_action
