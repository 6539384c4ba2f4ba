"""Silver's rows with the keys of some records, and which of them go: for batches and backfills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import quoted
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.naming import BronzeColumn

ROW: Final = "_row"
"""A record's number in the views `typed`, `newest` and `actions`."""

STANDING: Final = "standing"
"""View of silver's rows that `match` has found."""

_CHANGED: Final = "FROM actions WHERE _action IN ('update', 'delete')"
CHANGES: Final = f"SELECT {ROW}, {BronzeColumn.BATCH_ID}, {FILE}, {AT} {_CHANGED}"
"""Records that change a row of silver, by the table `actions`, with its place."""
GONE: Final = f"SELECT {FILE}, {AT} {_CHANGED}"
"""The places of those rows."""


def match(engine: Engine, wanted: str, held: str, key: Sequence[str]) -> list[int]:
    """Find silver's rows with keys that are wanted, by the key's columns alone.

    Leaves the table `matched`: ROW of `wanted`, and FILE and AT of the row with the same key.

    Args:
        wanted: relation of keys with ROW.
        held: view of silver's candidates, with places.

    Returns:
        Numbers of the files with such rows.
    """
    on = " AND ".join(f"w.{quoted(c)} = h.{quoted(c)}" for c in key)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE matched AS SELECT w.{ROW}, h.{FILE}, h.{AT} "
        f"FROM {wanted} AS w JOIN {held} AS h ON {on}"
    )
    return [number for (number,) in engine.rows(f"SELECT DISTINCT {FILE} FROM matched")]


def lay_standing(engine: Engine, silver: str) -> None:
    """Lay the view `STANDING` over the rows of `silver`, with places, that `match` has found."""
    engine.execute(
        f"CREATE OR REPLACE TEMP VIEW {STANDING} AS SELECT s.* FROM {silver} AS s "
        f"SEMI JOIN matched USING ({FILE}, {AT})"
    )


def rewritten(engine: Engine) -> list[int]:
    """Numbers of the files that hold rows to update or delete, by the table `actions`."""
    return [number for (number,) in engine.rows(f"SELECT DISTINCT {FILE} FROM ({GONE})")]
