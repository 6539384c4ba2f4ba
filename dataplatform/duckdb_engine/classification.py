"""A batch list of one dataset, from strings as sent to rows with exactly one outcome each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.matching import CHANGES, GONE, ROW, match, rewritten
from dataplatform.duckdb_engine.sql import literal, quoted
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.ledger.records import Outcomes
from dataplatform.naming import BronzeColumn, SilverColumn
from dataplatform.plans.model import SilverPlan, fill
from dataplatform.quality.profile import sample_of

_SUPERSEDED: Final = "superseded"
_QUARANTINED: Final = "quarantined"
_OUTCOMES: Final = {
    "insert": "inserted",
    "update": "updated",
    "delete": "deleted",
    "duplicate": "duplicate",
    _SUPERSEDED: "duplicate",
    _QUARANTINED: "quarantined",
}
_BATCH: Final = BronzeColumn.BATCH_ID.value
_NEWEST: Final = "_newest"
"""Column of `ranked`: whether the record is the newest good one of its key."""


def _enum(words: Sequence[str]) -> str:
    return f"ENUM ({', '.join(map(literal, words))})"


_ACTIONS: Final = _enum(("insert", "update", "delete", "duplicate"))


class Classification:
    """The steps of a dataset's plan, one after the other, in an engine of their own.

    Views and tables that they leave in the engine:
        typed: every record, cast and checked, with ROW.
        newest: the newest good record of each key, with ROW.
        actions: ROW, batch and `_action` of each of `newest`, and FILE and AT of silver's row with
            the same key; null where it has none.

    What is held of each record is numbers: words that repeat are ENUMs, which take a byte.
    """

    def __init__(self, engine: Engine, plan: SilverPlan, batches: Sequence[str]) -> None:
        self._engine = engine
        self._plan = plan
        self._batches = batches
        self._batch = f"CAST({_BATCH} AS {_enum(batches)}) AS {_BATCH}"
        self.newest = 0
        """Records that are the newest good ones of their keys, once they are cast."""

    def cast(self) -> None:
        """Cast and check the view `bronze`, and rank the good records of each key.

        The records wait in a Parquet file, packed to a tenth of what they are in memory; what is
        held there is the little that ranks and joins them. Nobody else reads it, so its pages are
        of the second version, which packs numbers and text by what differs from one to the next.
        """
        engine, plan = self._engine, self._plan
        typed = literal(str(engine.directory / "typed.parquet"))
        engine.execute(
            f"COPY (SELECT * EXCLUDE ({BronzeColumn.EXTRA}) "
            f"FROM ({fill(plan.duckdb.typed, bronze='bronze')})) TO {typed} "
            "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION snappy)"
        )
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW typed AS SELECT * EXCLUDE (file_row_number), "
            f"file_row_number AS {ROW} FROM read_parquet({typed}, file_row_number = true)"
        )
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW good AS SELECT {', '.join(self._ranking())} "
            "FROM typed WHERE len(_reasons) = 0"
        )
        kept = ", ".join([ROW, *map(quoted, plan.key), self._batch, f"_rank = 1 AS {_NEWEST}"])
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE ranked AS SELECT {kept} "
            f"FROM ({fill(plan.duckdb.newest, good='good')})"
        )
        self._lay_newest()

    def match(self, held: str) -> list[int]:
        """Find silver's rows with keys of the batches; see `match`.

        Returns:
            Numbers of the files with such rows.
        """
        wanted = f"(SELECT * FROM ranked WHERE {_NEWEST})"
        return match(self._engine, wanted, held, self._plan.key)

    def classify(self, silver: str) -> None:
        """Compare the newest records with what silver holds.

        Args:
            silver: view of rows that may have their keys, with places; `STANDING` after `match`.
        """
        classified = fill(self._plan.duckdb.classified, newest="newest", silver=silver)
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE actions AS "
            f"SELECT {ROW}, {self._batch}, CAST(_action AS {_ACTIONS}) AS _action, {FILE}, {AT} "
            f"FROM ({classified})"
        )
        self._engine.execute("DROP TABLE IF EXISTS matched")  # what is held is held once

    def figures(self) -> tuple[Any, ...]:
        """The answer to the plan's audit; empty where it asks nothing.

        Read are the records as they wait in their file, by the columns that are asked, not bronze.
        """
        if self._plan.audit is None:
            return ()
        self._engine.execute(
            "CREATE OR REPLACE TEMP VIEW accepted AS SELECT * FROM newest "
            f"WHERE {BronzeColumn.OP} IS DISTINCT FROM 'delete'"
        )
        ((rows,),) = self._engine.rows("SELECT count(*) FROM ranked")
        sql = self._plan.audit.duckdb
        (answer,) = self._engine.rows(fill(sql, records="accepted", sample=str(sample_of(rows))))
        return answer

    def warned(self) -> list[tuple[str, list[str], int]]:
        """Batch, names of the checks, and how many records passed that broke just these."""
        if not self._plan.warns:
            return []
        return [
            (batch, names, count)
            for batch, names, count in self._engine.rows(
                f"SELECT {_BATCH}, _warnings, count(*) FROM typed "
                "WHERE len(_reasons) = 0 AND len(_warnings) > 0 GROUP BY ALL"
            )
        ]

    def touch(self, silver: str) -> list[tuple[str, str]]:
        """Which batches wrote the rows that records of each batch would change, as new as they are.

        Args:
            silver: view of the files with matching rows, with places.

        Returns:
            Pairs of (batch of the record, batch that wrote the row last).
        """
        found = self._engine.rows(
            f"SELECT DISTINCT CAST(a.{_BATCH} AS VARCHAR), s.{SilverColumn.BATCH_ID} "
            f"FROM {self._as_new(silver)}"
        )
        return [(record, standing) for record, standing in found]

    def keep_newer(self, silver: str, older: Sequence[tuple[str, str, bool]]) -> None:
        """Make duplicates of records that would change a row which came later than they did.

        Args:
            silver: as `touch`.
            older: of its pairs those in which the record's batch isn't the newer one, and whether
                both are as old: then two records of one object are told apart by their positions.
        """
        if not older:
            return
        pairs = ", ".join(f"({literal(r)}, {literal(s)}, {alike})" for r, s, alike in older)
        self._engine.execute(
            f"UPDATE actions SET _action = 'duplicate' WHERE {ROW} IN ("
            f"SELECT a.{ROW} FROM {self._as_new(silver)} "
            f"JOIN (VALUES {pairs}) AS p (record, standing, alike) "
            f"ON p.record = CAST(a.{_BATCH} AS VARCHAR) AND p.standing = s.{SilverColumn.BATCH_ID} "
            f"WHERE NOT (p.alike AND s.{SilverColumn.CHECKSUM} = t.{BronzeColumn.CHECKSUM} "
            f"AND s.{SilverColumn.POSITION} < t.{BronzeColumn.POSITION}))"
        )

    def outcomes(self) -> dict[str, Outcomes]:
        """Count each batch's records by outcome; a batch without readable rows counts nothing."""
        counted: dict[str, dict[str, int]] = {batch: {} for batch in self._batches}
        for batch, action, number in self._engine.rows(
            f"SELECT {_BATCH}, CAST(_action AS VARCHAR), count(*) FROM actions GROUP BY ALL "
            f"UNION ALL SELECT {_BATCH}, '{_SUPERSEDED}', count(*) FROM ranked "
            f"WHERE NOT {_NEWEST} GROUP BY ALL "
            f"UNION ALL SELECT {_BATCH}, '{_QUARANTINED}', count(*) FROM typed "
            "WHERE len(_reasons) > 0 GROUP BY ALL"
        ):
            _add(counted[batch], _OUTCOMES[action], number)
        return {batch: Outcomes(**counts) for batch, counts in counted.items()}

    def rewritten(self) -> list[int]:
        """Numbers of the files that hold rows to update or delete."""
        return rewritten(self._engine)

    def _as_new(self, silver: str) -> str:
        """Relation of the changes `a`, the rows `s` that they change, and their records `t`: those
        that no ordering tells apart."""
        alike = f" AND t.{quoted(o)} = s.{quoted(o)}" if (o := self._plan.ordering) else ""
        return (
            f"({CHANGES}) AS a JOIN {silver} AS s USING ({FILE}, {AT}) "
            f"JOIN typed AS t ON t.{ROW} = a.{ROW}{alike}"
        )

    def _lay_newest(self) -> None:
        """By the few that are left out: of most batches nearly all records are the newest.

        Where none is, none is looked for: that costs a third of the comparison, dropping nothing.
        """
        ((records, good, self.newest),) = self._engine.rows(
            "SELECT (SELECT count(*) FROM typed), count(*), "
            f"count(*) FILTER ({_NEWEST}) FROM ranked"
        )
        sql = "SELECT t.* FROM typed AS t"
        if self.newest < good:
            sql += f" ANTI JOIN (SELECT {ROW} FROM ranked WHERE NOT {_NEWEST}) AS r USING ({ROW})"
        if good < records:
            sql += " WHERE len(_reasons) = 0"
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW newest AS {sql}")

    def _ranking(self) -> list[str]:
        """What ranking, matching and counting need of a record."""
        needed = [ROW, *self._plan.key, self._plan.ordering, _BATCH]
        needed += [BronzeColumn.ARRIVED_AT, BronzeColumn.OBJECT, BronzeColumn.POSITION]
        return [quoted(column) for column in dict.fromkeys(needed) if column]


def rows_to_write(
    columns: Sequence[str], stamped: Mapping[str, str], *, staying: str, order: Sequence[str]
) -> str:
    """SELECT of the rows that new files hold: changed ones, and those that stay in old files.

    Args:
        columns: silver's, in its order.
        stamped: SQL of the columns that a changed row gets at its merge.
        staying: view of the files to be replaced, with places; "" where there are none.
        order: columns to sort by; none for as it comes.
    """
    changed = ", ".join(
        f"{stamped[c]} AS {quoted(c)}" if c in stamped else f"t.{quoted(c)}" for c in columns
    )
    sql = (
        f"SELECT {changed} FROM typed AS t JOIN actions AS a USING ({ROW}) "
        "WHERE a._action IN ('insert', 'update')"
    )
    if staying:
        stay = ", ".join(f"s.{quoted(c)}" for c in columns)
        sql += (
            f" UNION ALL SELECT {stay} FROM {staying} AS s "
            f"ANTI JOIN ({GONE}) AS g ON s.{FILE} = g.{FILE} AND s.{AT} = g.{AT}"
        )
    by = ", ".join(quoted(column) for column in order)
    return f"SELECT * FROM ({sql}) ORDER BY {by}" if by else sql


def _add(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number
