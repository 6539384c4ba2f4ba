"""FoodMart's master data as files like those that departments send: CSV, JSON Lines, gzip.

The same data gives the same bytes, so a file that is sent again is known again.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.hsqldb import Column, Row

_BARE_IN_JSON: Final = frozenset(("BIGINT", "BOOLEAN", "DECIMAL", "DOUBLE", "INTEGER", "SMALLINT"))


@dataclass(frozen=True)
class SampleFile:
    """A file to land, below the prefix of its dataset."""

    dataset: str
    path: Path


@dataclass(frozen=True)
class _Source:
    dataset: str
    table: str
    file: str


_SOURCES: Final = (
    _Source("customers", "customer", "customers.csv.gz"),
    _Source("dates", "time_by_day", "dates.csv"),
    _Source("product_classes", "product_class", "product_classes.jsonl"),
    _Source("products", "product", "products.csv"),
    _Source("promotions", "promotion", "promotions.jsonl.gz"),
    _Source("regions", "region", "regions.jsonl"),
    _Source("stores", "store", "stores.csv"),
)


def written_files(tools: Mapping[str, str], directory: Path) -> list[SampleFile]:
    """The files, from the database whose place the wrapper's tools name."""
    foodmart = Foodmart.open(Path(tools["foodmart"]), Path(tools["cache"]))
    return list(sample_files(foodmart, directory))


def sample_files(foodmart: Foodmart, directory: Path) -> list[SampleFile]:
    """Write every file into `directory`, under FoodMart's own column names, in lower case.

    Raises:
        OSError: the directory can't be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return [SampleFile(source.dataset, _write(foodmart, source, directory)) for source in _SOURCES]


def _write(foodmart: Foodmart, source: _Source, directory: Path) -> Path:
    text = io.StringIO(newline="")
    columns = foodmart.columns(source.table)
    rows = foodmart.rows(source.table)
    if ".csv" in source.file:
        _csv(text, columns, rows)
    else:
        _json_lines(text, columns, rows)
    content = text.getvalue().encode()
    if source.file.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    path = directory / source.file
    path.write_bytes(content)
    return path


def _csv(text: TextIO, columns: tuple[Column, ...], rows: Iterator[Row]) -> None:
    """RFC 4180; null is the empty field."""
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name.lower() for column in columns])
    writer.writerows(rows)


def _json_lines(text: TextIO, columns: tuple[Column, ...], rows: Iterator[Row]) -> None:
    """Numbers keep the digits that FoodMart has: 14435.0000 stays that."""
    for row in rows:
        fields = (
            f"{json.dumps(column.name.lower())}: {_json(column, value)}"
            for column, value in zip(columns, row, strict=True)
        )
        text.write("{" + ", ".join(fields) + "}\n")


def _json(column: Column, value: str | None) -> str:
    if value is not None and column.type in _BARE_IN_JSON:
        return value
    return json.dumps(value)
