"""Athena reads Iceberg tables as they stand, and not every file that lies below their location.

MiniStack's Athena takes all objects of a table's folder for its rows: those of snapshots that are
gone, and metadata too. Here PyIceberg reads the current snapshot, by the ids of its columns, and
the query finds it as one Parquet file. What Athena itself asks of the caller (to read the objects)
isn't asked here.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from ministack.services import athena, glue

_FILE_IO: Final = "embedded_aws.stored_files.StoredFiles"
_DATABASE: Final = "default"

_stock_run = athena._run_duckdb
_stock_files = athena._materialize_table_files
_stock_format = athena._data_format
_stock_save = athena._save_query_results

_laid: Final[ContextVar[Mapping[str, Path]]] = ContextVar("laid")
"""Of the query under way: its Iceberg tables as Parquet files, by the tables' locations."""


def install() -> None:
    """Lay Iceberg tables where MiniStack looks for a table's files."""
    athena._run_duckdb = _run
    athena._materialize_table_files = _files
    athena._data_format = _format
    athena._save_query_results = _save


async def _run(query: str, database: str, catalog: str | None = None) -> Any:
    """Read what the query needs in a thread, so that others are answered meanwhile."""
    with tempfile.TemporaryDirectory(prefix="weir-athena-") as folder:
        tables = dict(_iceberg_tables(query, database or _DATABASE))
        _laid.set(await asyncio.to_thread(_lay, tables, Path(folder)))
        answer = await _stock_run(query, database, catalog)
    # Text, as Athena keeps its answers: MiniStack saves its state as JSON, which has no dates.
    answer["rows"] = [
        [None if value is None else athena._datum_text(value) for value in row]
        for row in answer["rows"]
    ]
    return answer


async def _save(query_id: str) -> None:
    """Keep the answer where the execution says that it is: MiniStack adds the file's name to it."""
    told = athena._executions[query_id]["ResultConfiguration"]
    place = told["OutputLocation"]
    told["OutputLocation"] = place.rpartition("/")[0]
    try:
        await _stock_save(query_id)
    finally:
        told["OutputLocation"] = place


def _files(location: str, workdirs: list[str]) -> list[str]:
    laid = _laid.get({}).get(location)
    return _stock_files(location, workdirs) if laid is None else [str(laid)]


def _format(table: Mapping[str, Any]) -> str:
    return "parquet" if _metadata(table) else _stock_format(table)


def _iceberg_tables(query: str, database: str) -> Iterator[tuple[str, str]]:
    """Location and metadata of each Iceberg table that a query names."""
    for asked in athena._table_references(query):
        table = glue._tables.get(f"{asked.database or database}/{asked.table}")
        if table and (metadata := _metadata(table)):
            yield table["StorageDescriptor"]["Location"], metadata


def _metadata(table: Mapping[str, Any]) -> str:
    """Where an Iceberg table's metadata is; nothing for another table."""
    parameters = table.get("Parameters") or {}
    iceberg = str(parameters.get("table_type", "")).upper() == "ICEBERG"
    return str(parameters.get("metadata_location", "")) if iceberg else ""


def _lay(tables: Mapping[str, str], folder: Path) -> dict[str, Path]:
    import pyarrow.parquet as pq
    from pyiceberg.table import StaticTable

    laid = {}
    for number, (location, metadata) in enumerate(tables.items()):
        rows = StaticTable.from_metadata(metadata, {"py-io-impl": _FILE_IO}).scan()
        laid[location] = folder / f"{number}.parquet"
        with rows.to_arrow_batch_reader() as batches:
            with pq.ParquetWriter(laid[location], batches.schema) as file:
                for batch in batches:
                    file.write_batch(batch)
    return laid
