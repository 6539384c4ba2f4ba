"""DuckDB for what functions can do in minutes, Spark for the rest, by the pipeline's limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from dataplatform.duckdb_engine.sizing import BRONZE_EXPANSION
from dataplatform.ledger.records import MAX_CHUNKS, Totals
from dataplatform.naming import Engine
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import BackfillSettings, DuckdbSettings
from dataplatform.sizes import size
from lambdas.engine_limits import asked_for, table_too_large

DISK_SHARE: Final = 0.6
"""Of a function's disk for bronze as it is: every chunk reads all of it."""

WORK_SHARE: Final = 0.5
"""Of a function's memory and disk for what is made of a chunk's rows."""


@dataclass(frozen=True)
class Choice:
    """Who derives the rows anew, why, and in how many chunks."""

    engine: Engine
    reason: str
    chunks: int


def choice(
    plan: SilverPlan,
    settings: BackfillSettings,
    table: Totals,
    *,
    rows: int,
    bytes: int,
    wanted: str,
) -> Choice:
    """The engine for a backfill; Spark needs no chunks: its disks are as large as its workers many.

    What was asked for is done, but for functions that no number of chunks is small enough for.

    Args:
        table: silver's, as it stands.
        rows, bytes: of bronze, of all days.
        wanted: by whoever started the backfill; "" where nothing was said.
    """
    said = asked_for(plan, wanted, by="whoever started it")
    if said and said[0] == "spark":
        return Choice(*said, 1)
    chunks = chunks_for(bytes, settings)
    if not chunks:
        limit = size(int(settings.storage_bytes * DISK_SHARE))
        return Choice("spark", f"{size(bytes)} of bronze; functions read up to {limit}", 1)
    if said:
        return Choice(*said, chunks)
    if rows > settings.rows:
        return Choice("spark", f"{rows:,} records to read, over {settings.rows:,}", 1)
    if reason := table_too_large(plan, table, settings):
        return Choice("spark", reason, 1)
    return Choice("duckdb", f"{size(bytes)} of bronze", chunks)


def chunks_for(bytes: int, settings: DuckdbSettings) -> int:
    """Parts of the keys, each small enough for a function; 0 where there is no such number."""
    room = settings.memory_bytes + settings.storage_bytes - bytes
    chunks = max(1, math.ceil(bytes * BRONZE_EXPANSION / max(1, room * WORK_SHARE)))
    fits = bytes <= settings.storage_bytes * DISK_SHARE and chunks <= MAX_CHUNKS
    return chunks if fits else 0
