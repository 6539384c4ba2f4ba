"""What all values of a sample's fields are like, asked of DuckDB in few passes.

The first records say which questions are worth asking of all of them: a column of names isn't
tried as a date ten million times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from cli.inference.meaning import PATTERNS
from cli.inference.model import Profile
from cli.inference.reading import Read, Show
from dataplatform.plans.model import fill
from dataplatform.render.duckdb import to_duckdb
from dataplatform.render.spark_casts import cast

WHOLE, PLAIN, BARE = "whole", "plain", "bare"
NUMBER, DATE, MOMENT = "number", "date", "moment"
WORDS: Final = {"true": "false", "yes": "no", "y": "n", "t": "f"}
"""Pairs of words that mean true and false; 1 and 0 may be numbers."""

TESTS: Final = (WHOLE, PLAIN, BARE, NUMBER, DATE, MOMENT, *WORDS)
"""whole, plain: numbers as they are usually written, without exponent. bare: no zeros or plus in
front, which a code has and a number would lose.
number, date, moment: what the platform's own casts take as double, date and timestamp. The others:
one of a pair of words."""

FEW: Final = 20
_FIRST: Final = 20_000
_REPEATED: Final = 5
_SHORT: Final = 80
_FIELDS_AT_ONCE: Final = 50
_CASTS: Final = {NUMBER: "double", DATE: "date", MOMENT: "timestamp"}


@contextmanager
def database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that spills to `folder`; no extension is loaded but those built in."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": "1GB",
            "temp_directory": str(folder / "spilled"),
            "preserve_insertion_order": "false",
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def profiles(connection: duckdb.DuckDBPyConnection, read: Read, show: Show) -> list[Profile]:
    """A profile of each field. Deletes aren't looked at: they come with a key alone."""
    source = f"read_parquet('{read.file}')"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW sample AS SELECT * FROM {source} WHERE op <> 'delete'"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE first AS SELECT * FROM sample LIMIT {_FIRST}")
    found: list[Profile] = []
    for start in range(0, len(read.fields), _FIELDS_AT_ONCE):
        numbers = range(start, min(start + _FIELDS_AT_ONCE, len(read.fields)))
        show(f"fields {start + 1} to {numbers[-1] + 1} of {len(read.fields)}")
        found += profiles_of(connection, read, numbers, "first")
    return found


def profiles_of(
    connection: duckdb.DuckDBPyConnection, read: Read, numbers: Sequence[int], first: str
) -> list[Profile]:
    """Profiles of the fields at these places, of the view `sample` as it is.

    Args:
        first: the table that says which questions are worth asking.
    """
    every = {number: frozenset(TESTS) for number in numbers}
    before = _asked(connection, first, every, patterns=True)
    alive = {number: _passed(before[number], every[number]) for number in numbers}
    whole = _asked(connection, "sample", alive, patterns=False)
    found = []
    for number in numbers:
        passed = _passed(whole[number], alive[number])
        few = _few(connection, number, whole[number], passed)
        found.append(_profile(read.fields[number], before[number], whole[number], passed, few))
    return found


def _asked(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    tests: Mapping[int, frozenset[str]],
    *,
    patterns: bool,
) -> dict[int, dict[str, Any]]:
    """One pass: figures of each column, by name; a test's figure is how many values fail it."""
    inner = ", ".join(
        f"{cast(f'b.c{number}', kind)} AS {test}{number}"
        for number, wanted in tests.items()
        for test, kind in _CASTS.items()
        if test in wanted
    )
    columns = ", ".join(f"b.c{number}" for number in tests)
    records = to_duckdb(f"SELECT {columns}{', ' if inner else ''}{inner} FROM {{sample}} AS b")
    questions = [
        (number, name, sql)
        for number, wanted in tests.items()
        for name, sql in _questions(number, wanted, patterns=patterns)
    ]
    listed = ", ".join(sql for _, _, sql in questions)
    row = connection.execute(f"SELECT {listed} FROM ({fill(records, sample=table)})").fetchone()
    assert row is not None, "an aggregate has a row"
    answers: dict[int, dict[str, Any]] = {number: {} for number in tests}
    for (number, name, _), answer in zip(questions, row, strict=True):
        answers[number][name] = answer
    return answers


def _questions(number: int, tests: frozenset[str], *, patterns: bool) -> Iterator[tuple[str, str]]:
    value = f"c{number}"
    yield "values", f"count({value})"
    yield "missing", f"count(*) - count({value})"
    yield "distinct", f"approx_count_distinct({value})"
    yield "longest", f"coalesce(max(length({value})), 0)"
    for test in sorted(tests):
        yield test, f"count(*) FILTER ({_fails(test, number)})"
    if tests & {WHOLE, PLAIN}:
        yield "before", f"coalesce(max(length(regexp_extract({value}, '^-?([0-9]+)', 1))), 0)"
        yield "after", rf"coalesce(max(length(regexp_extract({value}, '\.([0-9]+)$', 1))), 0)"
        exact = f"TRY_CAST({value} AS DECIMAL(38, 9))"
        yield "low", f"CAST(min({exact}) AS VARCHAR)"
        yield "high", f"CAST(max({exact}) AS VARCHAR)"
    if patterns:
        for name, pattern in PATTERNS.items():
            yield name, f"count(*) FILTER (regexp_full_match({value}, '{pattern}'))"


def _fails(test: str, number: int) -> str:
    value = f"c{number}"
    if test == WHOLE:
        return f"NOT regexp_full_match({value}, '0|-?[1-9][0-9]{{0,17}}')"
    if test == PLAIN:
        return rf"NOT regexp_full_match({value}, '-?(0|[1-9][0-9]*)(\.[0-9]+)?')"
    if test == BARE:
        return rf"regexp_matches({value}, '^([+]|-?0[0-9])')"
    if test in WORDS:
        return f"lower({value}) NOT IN ('{test}', '{WORDS[test]}')"
    return f"{value} IS NOT NULL AND {test}{number} IS NULL"


def _passed(answers: Mapping[str, Any], asked: frozenset[str]) -> frozenset[str]:
    return frozenset(test for test in asked if not answers[test])


def _few(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    answers: Mapping[str, Any],
    passed: frozenset[str],
) -> tuple[str, ...]:
    """All values of a text column that has few, each often: those that an enum could list."""
    few = 0 < answers["distinct"] <= FEW and answers["longest"] <= _SHORT
    if passed - {BARE} or not few or answers["values"] < _REPEATED * answers["distinct"]:
        return ()
    rows = connection.execute(
        f"SELECT c{number}, count(*) FROM sample WHERE c{number} IS NOT NULL "
        f"GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT {FEW + 1}"
    ).fetchall()
    return tuple(value for value, _ in rows) if len(rows) <= FEW else ()


def _profile(
    field: str,
    first: Mapping[str, Any],
    whole: Mapping[str, Any],
    passed: frozenset[str],
    few: Sequence[str],
) -> Profile:
    seen = first["values"]
    return Profile(
        field=field,
        values=whole["values"],
        missing=whole["missing"],
        distinct=whole["distinct"],
        longest=whole["longest"],
        tests=passed if whole["values"] else frozenset(),
        before=whole.get("before", 0),
        after=whole.get("after", 0),
        low=_trimmed(whole.get("low")),
        high=_trimmed(whole.get("high")),
        patterns={name: first[name] / seen for name in PATTERNS} if seen else {},
        few=tuple(few),
    )


def _trimmed(number: str | None) -> str:
    """Without the zeros that DECIMAL(38, 9) adds."""
    return number.rstrip("0").rstrip(".") if number else ""
