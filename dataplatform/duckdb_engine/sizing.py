"""What fits a function, told by files' sizes before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyiceberg.manifest import DataFile

from dataplatform.duckdb_engine.engine import Engine, too_large

# Bytes of memory and disk together that a merge takes beside the files, for each byte of them.
# Measured: 1M rows (15 MB in bronze) into 4M (74 MB), half of them updates, took 520 MB where
# memory was so short that DuckDB moved to disk what it could.
BRONZE_EXPANSION: Final = 12.0
SILVER_EXPANSION: Final = 4.0


def refuse_large(
    engine: Engine, table: str, files: Sequence[DataFile], *, expansion: float, beside: int = 0
) -> int:
    """Say beforehand that files don't fit, rather than after minutes of work.

    Args:
        expansion: bytes that the work takes for each byte of a file.
        beside: bytes that the work takes for other tables' files.

    Returns:
        Bytes that the work takes with these files, too.

    Raises:
        TooLarge: with what they need and what there is.
    """
    size = sum(file.file_size_in_bytes for file in files)
    needed, room = int(size * expansion) + beside, engine.memory + engine.free - size
    if needed > room:
        raise too_large(
            f"{table}: {size >> 20} MiB in {len(files)} files take about {needed >> 20} MiB of "
            f"memory and disk, of which {max(0, room) >> 20} MiB are free"
        )
    return needed
