"""A key, where the whole sample shows one: no combination is guessed from a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import duckdb

from cli.inference import meaning
from cli.inference.model import ProposedColumn

_KEY_TYPES = ("int", "bigint", "string", "date")
_LONGEST = 100
_MOST_CANDIDATES = 6
_MOST_TOGETHER = 3
_MOMENTS = ("date", "timestamp")
_ROUGHLY = 0.5  # approx_count_distinct is off by 13 % (one sigma); what passes is counted exactly


def find_key(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    columns: Sequence[ProposedColumn],
    distinct: Mapping[str, int],
    longest: Mapping[str, int],
    rows: int,
) -> tuple[str, ...]:
    """Columns that identify every record of the sample (the view `sample`, columns c0, c1 …).

    One column where one suffices: the dataset's own id first, then others that are ids by their
    names, then the first column. Else two or three ids, or ids and a date, together.

    Args:
        distinct: roughly how many values each column has.
        longest: characters of each column's longest value.
    """
    if rows < 2:  # of one record, everything is unique
        return ()
    able = [
        (number, column)
        for number, column in enumerate(columns)
        if column.required and column.type in _KEY_TYPES and longest[column.name] <= _LONGEST
    ]
    likely = sorted(
        (pair for pair in able if pair[0] == 0 or meaning.identity(pair[1].name)),
        key=lambda pair: (not meaning.own_identity(pair[1].name, dataset), pair[0]),
    )
    for number, column in likely:
        if column.type == "date" or distinct[column.name] < rows * _ROUGHLY:
            continue
        if _unique(connection, (number,), rows):
            return (column.name,)
    return _together(connection, able, distinct, rows)


def find_likely_key(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[ProposedColumn],
    distinct: Mapping[str, int],
    longest: Mapping[str, int],
    rows: int,
) -> tuple[str, ...]:
    """Ids and a moment that identify every record of the sample together; for a comment.

    A measurement is known by its station and its time, a click isn't by its user and its time,
    though a sample may show it so: only a person can tell, and the wrong answer loses rows.
    """
    if rows < 2:
        return ()
    able = [
        (number, column)
        for number, column in enumerate(columns)
        if column.required
        and column.type in (*_KEY_TYPES, "timestamp")
        and longest[column.name] <= _LONGEST
    ]
    return _together(connection, able, distinct, rows)


def _together(
    connection: duckdb.DuckDBPyConnection,
    able: Sequence[tuple[int, ProposedColumn]],
    distinct: Mapping[str, int],
    rows: int,
) -> tuple[str, ...]:
    parts = [pair for pair in able if meaning.identity(pair[1].name) or pair[1].type in _MOMENTS][
        :_MOST_CANDIDATES
    ]
    for size in range(2, _MOST_TOGETHER + 1):
        for chosen in combinations(parts, size):
            names = tuple(column.name for _, column in chosen)
            if not any(meaning.identity(name) for name in names):
                continue
            most = 1
            for name in names:
                most *= distinct[name]
            if most < rows * _ROUGHLY**size:
                continue
            if _unique(connection, tuple(number for number, _ in chosen), rows):
                return names
    return ()


def _unique(connection: duckdb.DuckDBPyConnection, numbers: Sequence[int], rows: int) -> bool:
    """Whether no two records agree in these columns; grouped, for DuckDB spills groups to disk."""
    together = ", ".join(f"c{number}" for number in numbers)
    found = connection.execute(
        f"SELECT count(*) FROM (SELECT {together} FROM sample GROUP BY {together})"
    ).fetchone()
    return found is not None and found[0] == rows
