"""A stream's events as they landed, parsed, checked and reduced as staging and silver do it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from dataplatform.errors import UnreadableObject
from dataplatform.naming import RECEIVED_AT, BronzeColumn
from dataplatform.parsing.model import Block
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import SilverPlan, fill

MINUTES: Final = 15
"""How far back events are counted minute by minute."""

_ROWS: Final = 100_000
"""Rows that gather before they are checked: planning the checks takes longer than some rows do."""

_SYSTEM = {
    BronzeColumn.EXTRA: "VARCHAR",
    BronzeColumn.BATCH_ID: "VARCHAR",
    BronzeColumn.OBJECT: "VARCHAR",
    BronzeColumn.VERSION: "VARCHAR",
    BronzeColumn.CHECKSUM: "VARCHAR",
    BronzeColumn.POSITION: "BIGINT",
    BronzeColumn.ARRIVED_AT: "TIMESTAMPTZ",
    BronzeColumn.OP: "VARCHAR",
}
_GOOD = (
    "SELECT * EXCLUDE (_reasons, _extra, _batch_id, _version),"
    f" TRY_CAST(json_extract_string(_extra, '$.{RECEIVED_AT}') AS TIMESTAMPTZ) AS {RECEIVED_AT}"
    " FROM checked WHERE len(_reasons) = 0"
)


@dataclass(frozen=True)
class Events:
    """What a stream has brought.

    count: events that stand, each once.
    repeated: those that came again, or are older than another of their key.
    deleted: keys whose newest event is a deletion.
    unusable: records that the next run will quarantine; `reasons` has how many of each kind.
    newest: when Firehose took the newest, in seconds since 1970; 0 where there is none.
    by_minute: events of each of the last `MINUTES` minutes, the oldest first.
    """

    count: int
    repeated: int
    deleted: int
    unusable: int
    reasons: dict[str, int]
    newest: float
    by_minute: list[int]


class LiveStream:
    """Gathers a stream's landed objects in `connection`, as the view stream.<dataset>.

    Memory doesn't grow with the number of events: they lie in DuckDB's own file.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: SilverPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._columns = [column.name for column in plan.columns]
        self._waiting = 0
        self._unusable = 0
        self._reasons: Counter[str] = Counter()
        texts = [f"{name} VARCHAR" for name in self._columns]
        system = [f"{name} {kind}" for name, kind in _SYSTEM.items()]
        connection.execute(f"CREATE OR REPLACE TABLE arrived ({', '.join([*texts, *system])})")
        self._typed()
        connection.execute(f"CREATE OR REPLACE TABLE good AS {_GOOD}")
        connection.begin()  # a commit waits for the disk, so portions are committed, not objects

    def add(self, key: str, arrived: datetime, chunks: Iterable[bytes]) -> None:
        """Read one landed object; an unreadable one counts as one unusable record, as in staging.

        Args:
            key: tells events from what the transform gave up on.
            arrived: when the object landed.
        """
        digest = hashlib.sha256()
        before = self._waiting
        try:
            for block in parse(
                _digested(chunks, digest),
                format=self._plan.format_of(key),
                columns=self._plan.fields,
            ):
                self._unusable += len(block.rejected)
                self._reasons.update(_kind(bad.reasons[0]) for bad in block.rejected)
                if block.read:
                    self._keep(block, key, arrived)
        except UnreadableObject as error:
            self._connection.execute("DELETE FROM arrived WHERE _object = ?", [key])
            self._waiting = before
            self._unusable += 1
            self._reasons[_kind(error.what)] += 1
        if not self._plan.primary_key:  # a record's identity is the object's bytes and its place
            self._connection.execute(
                "UPDATE arrived SET _checksum = ? WHERE _object = ?", [digest.hexdigest(), key]
            )
        if self._waiting >= _ROWS:
            self._check()

    def seal(self, now: datetime) -> Events:
        """Make the view, and say what is in it."""
        self._check()
        self._connection.commit()
        run = self._connection.execute
        run(f"CREATE OR REPLACE TABLE ranked AS {fill(self._plan.duckdb.newest, good='good')}")
        run("DROP TABLE good")
        stands = "_rank = 1 AND _op <> 'delete'"
        columns = ", ".join([*self._columns, RECEIVED_AT])
        run(
            f"CREATE OR REPLACE VIEW stream.{self._plan.dataset} AS"
            f" SELECT {columns} FROM ranked WHERE {stands}"
        )
        count, repeated, deleted, newest = run(
            f"SELECT count(*) FILTER ({stands}), count(*) FILTER (_rank > 1),"
            " count(*) FILTER (_rank = 1 AND _op = 'delete'),"
            f" coalesce(epoch(max({RECEIVED_AT})), 0) FROM ranked"
        ).fetchall()[0]
        return Events(
            count=count,
            repeated=repeated,
            deleted=deleted,
            unusable=self._unusable,
            reasons=dict(self._reasons.most_common()),
            newest=newest,
            by_minute=self._by_minute(now),
        )

    def _keep(self, block: Block, key: str, arrived: datetime) -> None:
        positions, ops, extras, *values = block.columns()
        columns = dict(zip(self._columns, values, strict=True))
        arrays: dict[str, Any] = {
            **{name: pa.array(items, pa.string()) for name, items in columns.items()},
            BronzeColumn.EXTRA: pa.array(extras, pa.string()),
            BronzeColumn.OP: pa.array(ops, pa.string()),
            BronzeColumn.POSITION: pa.array(positions, pa.int64()),
            BronzeColumn.OBJECT: pa.repeat(key, len(positions)),
            BronzeColumn.ARRIVED_AT: pa.repeat(
                pa.scalar(arrived.astimezone(UTC), pa.timestamp("us", "UTC")), len(positions)
            ),
        }
        self._connection.register("block", pa.table(arrays))
        self._connection.execute("INSERT INTO arrived BY NAME FROM block")
        self._connection.unregister("block")
        self._waiting += len(positions)

    def _check(self) -> None:
        """Move what has arrived to the good ones; of the others only the reasons are kept."""
        self._typed()
        self._connection.execute(f"INSERT INTO good {_GOOD}")
        bad = self._connection.execute("SELECT _reasons FROM checked WHERE len(_reasons) > 0")
        while rows := bad.fetchmany(10_000):
            self._unusable += len(rows)
            self._reasons.update(_kind(reasons[0]) for (reasons,) in rows)
        self._connection.execute("DELETE FROM arrived")
        self._connection.commit()
        self._connection.begin()
        self._waiting = 0

    def _typed(self) -> None:
        typed = fill(self._plan.duckdb.typed, bronze="arrived")
        self._connection.execute(f"CREATE OR REPLACE TABLE checked AS {typed}")

    def _by_minute(self, now: datetime) -> list[int]:
        counts = self._connection.execute(
            f"SELECT CAST(floor((? - epoch({RECEIVED_AT})) / 60) AS BIGINT) AS back, count(*)"
            f" FROM stream.{self._plan.dataset} GROUP BY 1 HAVING back BETWEEN 0 AND ?",
            [now.timestamp(), MINUTES - 1],
        ).fetchall()
        found = dict(counts)
        return [found.get(back, 0) for back in reversed(range(MINUTES))]


def _digested(chunks: Iterable[bytes], digest: Any) -> Iterable[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _kind(reason: str) -> str:
    """A reason without the value that it names, so that equal faults count together."""
    return reason.partition(":")[0]
