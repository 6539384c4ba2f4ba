"""Rows derived anew: the newest good record of each key over all of bronze, against what stands."""

from __future__ import annotations

from typing import Final

from dataplatform.backfilling import compared
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.matching import ROW, STANDING, lay_standing, match, rewritten
from dataplatform.duckdb_engine.sql import literal, quoted
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.ledger.records import Backfill, BackfillCounts, Chunk, chunk_mark
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan, fill

_ARRIVED: Final = BronzeColumn.ARRIVED_AT.value
_NO_RECORD: Final = f"{ROW} < 0"


class BackfillSteps:
    """The steps of a chunk, one after the other, in an engine of their own.

    Views and tables that they leave in the engine, beside those that `rows_to_write` reads:
        typed: every record of bronze with a key that occurs in the window, cast, checked, with ROW.
        wanted: one row a key that isn't null, with ROW: of its newest good record, or below zero
            where today's rules leave none.
    """

    def __init__(self, engine: Engine, plan: SilverPlan, backfill: Backfill, chunk: Chunk) -> None:
        self._engine = engine
        self._plan = plan
        self._mark = chunk_mark(backfill.backfill_id, chunk.number)
        self._here = chunk.condition(plan.duckdb.part)
        self._window = (
            f"{_ARRIVED} >= CAST({literal(backfill.since)} AS TIMESTAMPTZ) "
            f"AND {_ARRIVED} < CAST({literal(backfill.until)} AS TIMESTAMPTZ)"
        )
        self._key = ", ".join(map(quoted, plan.key))

    def derive(self, bronze: str) -> None:
        """Find the keys that occur in the window, and all that was ever sent of them.

        A record whose key can't be cast has null for it; all such records are looked at together.
        """
        engine, plan = self._engine, self._plan
        every = fill(plan.duckdb.typed, bronze=bronze)
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE affected AS SELECT DISTINCT {self._key} "
            f"FROM ({every}) WHERE {self._window} AND {self._here}"
        )
        same = " AND ".join(f"t.{quoted(c)} IS NOT DISTINCT FROM a.{quoted(c)}" for c in plan.key)
        typed = literal(str(engine.directory / "typed.parquet"))
        engine.execute(
            f"COPY (SELECT t.* FROM (SELECT * FROM ({every}) WHERE {self._here}) AS t "
            f"SEMI JOIN affected AS a ON {same}) TO {typed} (FORMAT parquet, COMPRESSION snappy)"
        )
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW typed AS SELECT * EXCLUDE (file_row_number), "
            f"file_row_number AS {ROW} FROM read_parquet({typed}, file_row_number = true)"
        )
        engine.execute(
            "CREATE OR REPLACE TEMP VIEW good AS SELECT * FROM typed WHERE len(_reasons) = 0"
        )
        self._rank()

    def match(self, held: str) -> list[int]:
        """Find silver's rows with these keys; the numbers of their files; see `match`."""
        return match(self._engine, "wanted", held, self._plan.key)

    def compare(self, silver: str) -> None:
        """Say of each key what silver lacks.

        Args:
            silver: view of the files with matching rows, with places.
        """
        lay_standing(self._engine, silver)
        self._engine.execute(
            "CREATE OR REPLACE TEMP VIEW newest AS SELECT t.* FROM typed AS t "
            f"SEMI JOIN wanted USING ({ROW})"
        )
        backfilled = fill(self._plan.duckdb.backfilled, newest="newest", silver=STANDING)
        self._engine.execute(
            f"CREATE OR REPLACE TEMP TABLE actions AS SELECT a.*, {FILE}, {AT} FROM ("
            f"SELECT {ROW}, _action FROM ({backfilled}) "
            f"UNION ALL SELECT {ROW}, "
            f"CASE WHEN {ROW} IN (SELECT {ROW} FROM matched) THEN 'delete' ELSE 'absent' END "
            f"FROM wanted WHERE {_NO_RECORD}"
            f") AS a LEFT JOIN matched AS m USING ({ROW})"
        )

    def counted(self) -> BackfillCounts:
        """What was looked at, and what of it differs.

        Raises:
            BooksUnbalanced: a key was compared twice or not at all.
        """
        ((records, rejected),) = self._engine.rows(
            "SELECT count(*), count(*) FILTER (len(_reasons) > 0) FROM typed"
        )
        ((keys,),) = self._engine.rows("SELECT count(*) FROM wanted")
        found = self._engine.rows("SELECT _action, count(*) FROM actions GROUP BY ALL")
        return compared(
            self._mark, records=records, rejected=rejected, keys=keys, actions=dict(found)
        )

    def rewritten(self) -> list[int]:
        """Numbers of the files that hold rows to update or delete."""
        return rewritten(self._engine)

    def _rank(self) -> None:
        plan = self._plan
        needed = [ROW, *plan.key, plan.ordering]
        needed += [BronzeColumn.ARRIVED_AT, BronzeColumn.OBJECT, BronzeColumn.POSITION]
        columns = ", ".join(quoted(column) for column in dict.fromkeys(needed) if column)
        newest = fill(plan.duckdb.newest, good=f"(SELECT {columns} FROM good)")
        some = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in plan.key)
        self._engine.execute(
            f"CREATE OR REPLACE TEMP TABLE wanted AS "
            f"SELECT {ROW}, {self._key} FROM ({newest}) WHERE _rank = 1 AND {some}"
        )
        self._engine.execute(
            f"INSERT INTO wanted SELECT -row_number() OVER (), {self._key} "
            f"FROM affected ANTI JOIN wanted USING ({self._key}) WHERE {some}"
        )
