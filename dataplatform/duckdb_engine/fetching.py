"""Data files from S3 to the function's disk, several at once, each once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pyiceberg.manifest import DataFile

from dataplatform.adapters.s3_objects import download
from dataplatform.duckdb_engine.engine import Engine, translated

_AT_ONCE: Final = 8
"""Within the ten connections that boto3 keeps."""


def fetch(engine: Engine, table: str, files: Sequence[DataFile]) -> dict[Path, DataFile]:
    """Copy files into the engine's directory; those that are there already stay.

    Returns:
        Local path, as `Engine.place` gives it -> file, in the order given.

    Raises:
        TooLarge: they don't fit on the function's disk.
    """
    places = {file.file_path: engine.place(file.file_path) for file in files}
    missing = [file for file in files if not places[file.file_path].exists()]
    engine.take(sum(file.file_size_in_bytes for file in missing), table)
    with translated(), ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as threads:
        for _ in threads.map(lambda file: _copy(file.file_path, places[file.file_path]), missing):
            pass
    return {places[file.file_path]: file for file in files}


def _copy(location: str, target: Path) -> None:
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        download(location, file)
    partial.rename(target)
