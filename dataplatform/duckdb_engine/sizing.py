"""What fits a function, told by files' sizes before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyiceberg.manifest import DataFile

from dataplatform.duckdb_engine.engine import Engine, too_large

_EXPANSION: Final = 4.0
"""Bytes of memory and disk that the work takes beside a file, for each byte of Parquet in it."""


def refuse_large(engine: Engine, table: str, files: Sequence[DataFile]) -> None:
    """Say beforehand that files don't fit, rather than after minutes of work.

    Raises:
        TooLarge: with what they need and what there is.
    """
    size = sum(file.file_size_in_bytes for file in files)
    needed, room = int(size * _EXPANSION), engine.memory + engine.free - size
    if needed > room:
        raise too_large(
            f"{table}: {size >> 20} MiB in {len(files)} files take about {needed >> 20} MiB of "
            f"memory and disk, of which {max(0, room) >> 20} MiB are free"
        )
