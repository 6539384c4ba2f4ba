"""Quarantine to bronze again by Spark: what `dataplatform.adapters.replays` does in a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.errors import AuditFailed
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.replays import Replay
from dataplatform.ledger.staging import Staged
from dataplatform.naming import BronzeColumn, SilverColumn
from dataplatform.parsing.model import replayed
from dataplatform.plans.model import SilverPlan
from glue_jobs.transforms import staging
from glue_jobs.transforms.files import NewFile, Store, read_back
from glue_jobs.transforms.late_columns import filled, late
from glue_jobs.transforms.silver import DELETE, DUPLICATE, UPDATE, Classified
from glue_jobs.transforms.units import Stager

_PLACE = ("object", "version", "position")
_ACTION = "_action"
_STOOD = "_stood"
_WAS_BATCH = f"{_STOOD}{SilverColumn.BATCH_ID}"
_WAS_CHECKSUM = f"{_STOOD}{SilverColumn.CHECKSUM}"
_WAS_POSITION = f"{_STOOD}{SilverColumn.POSITION}"


@dataclass
class Found:
    """A batch's records: rows in bronze's columns, and those rejected, in quarantine's."""

    staged: Staged
    rows: DataFrame
    rejected: DataFrame
    _held: list[DataFrame] = field(default_factory=list)
    _files: list[tuple[Store, NewFile]] = field(default_factory=list)

    def add(self, staged: Staged, rows: DataFrame, rejected: DataFrame) -> None:
        """More of them."""
        self.staged += staged
        self.rows = self.rows.unionByName(rows)
        self.rejected = self.rejected.unionByName(rejected)

    def read_back(
        self, parsed: staging.Parsed, store: Store, bronze: DataFrame, quarantine: DataFrame
    ) -> tuple[DataFrame, DataFrame]:
        """Rows and rejected records of objects that were parsed again; their files are kept."""
        self._files += [(store, file) for file in (*parsed.rows, *parsed.rejected)]
        rows = read_back(parsed.rows, store, bronze)
        return rows, read_back(parsed.rejected, store, quarantine)

    def release(self) -> None:
        """Free the disks, and remove the files that were only read from."""
        for frame in self._held:
            frame.unpersist()
        for store, file in self._files:
            store.remove(file.location)


def take_again(
    spark: SparkSession,
    plan: SilverPlan,
    replays: Sequence[Replay],
    landed: Sequence[LandedObject],
    stager: Stager,
    *,
    quarantine: DataFrame,
    bronze: DataFrame,
) -> Found:
    """Find what a replay takes, and make of it what staging makes of landed objects.

    Args:
        replays: of the batch's origin, oldest first.
        landed: the origin's objects.
        quarantine, bronze: rows of the origin in these tables.

    Raises:
        AuditFailed: a record isn't where quarantine says.
    """
    batch = stager.batch
    taken = quarantine.where(_taken_by(batch, replays)).persist()
    # Bronze has the records that staging could parse; of the others quarantine has the text as it
    # was sent, and an object that couldn't be read stands there whole, without a position.
    text, placed = F.col("record").startswith('"'), F.col("position").isNotNull()
    sent, unread = taken.where(placed & ~text), taken.where(placed & text)
    chosen = _at(bronze, sent, BronzeColumn.OBJECT, BronzeColumn.VERSION, BronzeColumn.POSITION)
    count = chosen.count()
    _expect(batch, "bronze", count, sent.count())
    again = Found(
        Staged(rows=count, taken=taken.count()),
        filled(chosen, plan, late(chosen, plan)).withColumn(
            BronzeColumn.BATCH_ID, F.lit(batch.batch_id)
        ),
        quarantine.where(F.lit(False)),
        _held=[taken],
    )
    again_by = replace(stager, format_of=_format_of(plan))
    if objects := _objects(batch, landed, taken.where(~placed)):
        parsed = staging.parse_batch(spark, objects, again_by)
        again.add(parsed.staged, *again.read_back(parsed, stager.store, bronze, quarantine))
    if objects := _objects(batch, landed, unread):
        parsed = staging.parse_batch(spark, objects, again_by)
        good, bad = again.read_back(parsed, stager.store, bronze, quarantine)
        good = _at(good, unread, BronzeColumn.OBJECT, BronzeColumn.VERSION, BronzeColumn.POSITION)
        bad = _at(bad, unread, *_PLACE).unionByName(_broken(bad, unread, stager))
        staged = Staged(rows=good.count(), unreadable=bad.count())
        _expect(batch, "landing", staged.source, unread.count())
        again.add(staged, good, bad)
    return again


def _objects(batch: Batch, landed: Sequence[LandedObject], rows: DataFrame) -> list[LandedObject]:
    """The objects that quarantined rows are of."""
    wanted = {(row[0], row[1]) for row in rows.select("object", "version").distinct().collect()}
    found = [one for one in landed if _place(one) in wanted]
    _expect(batch, "the ledger", len(found), len(wanted))
    return found


def _taken_by(batch: Batch, replays: Sequence[Replay]) -> Column:
    """Of the replays that want a row the first has it, as `dataplatform.ledger.replays.taker`."""
    reasons = F.from_json("reasons", "array<string>")
    number = [replay.batch_id for replay in replays].index(batch.batch_id)
    taken = _wanted_by(replays[number], reasons)
    for earlier in replays[:number]:
        taken = taken & ~_wanted_by(earlier, reasons)
    return taken


def _wanted_by(replay: Replay, reasons: Column) -> Column:
    return F.exists(reasons, lambda reason: F.contains(reason, F.lit(replay.reason)))


def _broken(rejected: DataFrame, unread: DataFrame, stager: Stager) -> DataFrame:
    """The wanted records of objects that can't be read at all now: each is rejected for that."""
    known = rejected.where(F.col("position").isNull())
    broken = known.select("object", "version", F.col("reasons").alias("broken"))
    found = unread.join(F.broadcast(broken), ["object", "version"])
    made = {
        "batch_id": F.lit(stager.batch.batch_id),
        "run_id": F.lit(stager.batch.run_id),
        "reasons": F.col("broken"),
        "quarantined_at": F.lit(stager.now),
    }
    return found.withColumns(made).select(*unread.columns)


def _at(frame: DataFrame, places: DataFrame, *columns: str) -> DataFrame:
    """Records of a frame that are at the places of quarantined ones."""
    wanted = places.select(*(F.col(name).alias(f"_at_{name}") for name in _PLACE))
    same = [F.col(c) == F.col(f"_at_{name}") for c, name in zip(columns, _PLACE, strict=True)]
    return frame.join(wanted, same, "left_semi")


def _format_of(plan: SilverPlan) -> Callable[[str], str]:
    return lambda key: replayed(plan.format_of(key))


def _place(landed: LandedObject) -> tuple[str, str]:
    return landed.key, landed.version or "null"


def _expect(batch: Batch, where: str, found: int, expected: int) -> None:
    if found != expected:
        raise AuditFailed(
            f"replay {batch.batch_id}: {where} has {found} of {expected} things"
            f" that quarantine has of batch {batch.origin}",
            why="A record would leave quarantine and arrive nowhere; nothing is staged.",
            remedy="The rows stay in quarantine: see what became of that batch's data.",
        )


def keep_newer(
    classified: Classified,
    plan: SilverPlan,
    silver: DataFrame,
    not_newer: Callable[[Sequence[tuple[str, str]]], Sequence[tuple[str, str, bool]]],
) -> Classified:
    """Make duplicates of replays' records that would change a row which came later than they did.

    Of those that no ordering tells apart what comes later stands: a replay came when it came first.

    Args:
        silver: of the table as it stands at least the rows that they would change.
        not_newer: pairs of (record's batch, batch that wrote the row last) -> those in which the
            record is of a replay and not the newer one, and whether both are as old: then two
            records of one object are told apart by their positions.
    """
    key, mine = list(plan.key), BronzeColumn.BATCH_ID.value
    order = [plan.ordering] if plan.ordering else []
    names = (SilverColumn.BATCH_ID, SilverColumn.CHECKSUM, SilverColumn.POSITION)
    standing = silver.select(
        *key, *order, *(F.col(name).alias(f"{_STOOD}{name}") for name in names)
    )
    changing = classified.actions.where(F.col(_ACTION).isin(UPDATE, DELETE))
    changing = changing.join(standing, [*key, *order])
    pairs = [(row[0], row[1]) for row in changing.select(mine, _WAS_BATCH).distinct().collect()]
    older = not_newer(pairs)
    if not older:
        return classified
    shape = f"{mine} string, {_WAS_BATCH} string, _alike boolean"
    known = F.broadcast(silver.sparkSession.createDataFrame(list(older), shape))
    newer_in_its_object = (F.col(_WAS_CHECKSUM) == F.col(BronzeColumn.CHECKSUM)) & (
        F.col(_WAS_POSITION) < F.col(BronzeColumn.POSITION)
    )
    kept = (
        changing.join(known, [mine, _WAS_BATCH])
        .where(~(F.col("_alike") & newer_in_its_object))
        .select(*key, F.lit(True).alias("_kept"))
    )
    changes = F.col(_ACTION).isin(UPDATE, DELETE) & F.col("_kept").isNotNull()
    action = F.when(changes, DUPLICATE).otherwise(F.col(_ACTION))
    actions = classified.actions.join(kept, key, "left").withColumn(_ACTION, action)
    actions = actions.select(*classified.actions.columns).persist()
    actions.count()  # from what is held of the first, which goes now
    classified.release()
    return replace(classified, actions=actions)
