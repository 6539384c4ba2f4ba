"""DuckDB views over a table's files, with the table's columns as they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.sql import list_type, literal, quoted, struct_type
from dataplatform.errors import NotForThisEngine
from dataplatform.naming import RowPlace

FILE: Final = RowPlace.FILE.value
"""Column of a view with places: the number of the file that a row is in."""
AT: Final = RowPlace.AT.value
"""Column of a view with places: the row's number in that file."""


@dataclass(frozen=True)
class ViewColumn:
    """A column of an Iceberg table; `kind` is DuckDB's name of its type.

    number: Iceberg's id; None in a file that has none.
    """

    number: int | None
    name: str
    kind: str


def lay_empty_view(
    engine: Engine, name: str, columns: Sequence[ViewColumn], *, with_places: bool
) -> None:
    """A view without rows, for a table without files."""
    selected = [f"CAST(NULL AS {column.kind}) AS {quoted(column.name)}" for column in columns]
    selected += (
        [f"CAST(0 AS INTEGER) AS {FILE}", f"CAST(0 AS BIGINT) AS {AT}"] if with_places else []
    )
    _lay(engine, name, f"SELECT {', '.join(selected)} LIMIT 0")


def lay_view(
    engine: Engine,
    table: str,
    name: str,
    columns: Sequence[ViewColumn],
    paths: Collection[Path],
    *,
    with_places: bool,
) -> None:
    """A view over Parquet files, whose columns are found by Iceberg's field ids.

    Args:
        paths: with places, each named by its number, as `Engine.place` does.

    Raises:
        NotForThisEngine: a file has no field ids.
    """
    places = ", ".join(literal(str(path)) for path in paths)
    # Told a schema, DuckDB estimates no rows and joins the large side into memory.
    plain = _as_now(engine, table, places, len(paths), columns)
    schema = "" if plain else f"schema = MAP {{{', '.join(map(_field, columns))}}}, "
    selected = [quoted(column.name) for column in columns]
    if with_places:
        number = "CAST(parse_filename(filename, true) AS INTEGER)"
        selected += [f"{number} AS {FILE}", f"file_row_number AS {AT}"]
    _lay(
        engine,
        name,
        f"SELECT {', '.join(selected)} FROM read_parquet([{places}], hive_partitioning = false, "
        f"{schema}filename = {with_places}, file_row_number = {with_places})",
    )


def _lay(engine: Engine, name: str, sql: str) -> None:
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {sql}")


def _as_now(
    engine: Engine, table: str, places: str, files: int, columns: Sequence[ViewColumn]
) -> bool:
    """Whether every file has the columns by the names and types that the table has now."""
    asked = "name, num_children, field_id, duckdb_type, converted_type"
    nodes = iter(engine.rows(f"SELECT {asked} FROM parquet_schema([{places}])"))
    found: Counter[ViewColumn] = Counter()
    for _, fields, *_ in nodes:  # each file begins with a root
        for column in (_column(nodes) for _ in range(fields)):
            if column.number is None:
                # DuckDB would read each column of such a file as null, and say nothing.
                raise NotForThisEngine(
                    f"{table}: a data file has columns without Iceberg's ids",
                    why="Its columns can't be told apart safely, so none is guessed.",
                    remedy="Nothing: Spark takes it over, by the table's name mapping.",
                )
            found[column] += 1
    return all(found[column] == files for column in columns)


def _column(nodes: Iterator[tuple[Any, ...]]) -> ViewColumn:
    """The next column of a Parquet schema, with all that is in it."""
    name, children, number, kind, converted = next(nodes)
    if children is None:
        return ViewColumn(number, name, kind)
    inner = [_column(nodes) for _ in range(children)]
    if converted == "LIST":  # of one repeated group of one element
        return ViewColumn(number, name, list_type(inner[0].kind))
    if len(inner) == 1 and number is None:
        return ViewColumn(None, name, inner[0].kind)
    return ViewColumn(number, name, struct_type((part.name, part.kind) for part in inner))


def _field(column: ViewColumn) -> str:
    kind = literal(column.kind)
    named = f"name: {literal(column.name)}, type: {kind}, default_value: NULL"
    return f"{column.number}: {{{named}}}"
