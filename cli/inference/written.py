"""How a sample's dates, moments and numbers are written, where the platform's casts refuse them.

A format is proposed where every value fits it and no value tells it from another reading of the
same text is left open: of 01/02/2026 nobody knows the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb

from cli.inference.model import Profile
from cli.inference.profiling import BARE, PLAIN, WHOLE
from cli.inference.reading import Read
from dataplatform.contracts.formats import NUMBERS, plain
from dataplatform.drift.values import fits_as
from dataplatform.render.duckdb import expression_to_duckdb
from dataplatform.render.spark_formats import cast_as, read

NUMBER: Final = "number"
DAYS: Final = (
    "dd.MM.yyyy", "d.M.yyyy", "dd.MM.yy", "dd/MM/yyyy", "d/M/yyyy", "MM/dd/yyyy", "M/d/yyyy",
    "dd/MM/yy", "d/M/yy", "MM/dd/yy", "M/d/yy", "dd-MM-yyyy", "MM-dd-yyyy", "yyyy/MM/dd",
    "yyyy.MM.dd", "dd-MMM-yyyy", "d-MMM-yyyy", "dd-MMM-yy", "dd MMM yyyy", "d MMM yyyy",
    "d MMMM yyyy", "MMM dd, yyyy", "MMM d, yyyy", "MMMM d, yyyy",
)  # fmt: skip
_TIMES: Final = (
    " HH:mm:ss", " HH:mm", " H:mm:ss", " H:mm", " HH:mm:ss.SSS", " hh:mm:ss a", " h:mm:ss a",
    " hh:mm a", " h:mm a", " HH:mm:ssXXX",
)  # fmt: skip
MOMENTS: Final = (
    *(day + time for day in DAYS for time in _TIMES),
    "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mmXXX", "dd/MMM/yyyy:HH:mm:ss Z",
)  # fmt: skip
_FIRST: Final = 500
_BARE_COMMA: Final = "1234,56"
_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})*")
"""What may be a whole number in groups as well as a fraction of three digits."""


@dataclass(frozen=True)
class Written:
    """What a field's values are read as.

    kind: date, timestamp, or `NUMBER`; "" where that is in doubt.
    format: as in `plans.model.Column`.
    doubt: formats that fit every value as well, and mean something else.
    """

    kind: str = ""
    format: str = ""
    doubt: tuple[str, ...] = ()


def written(
    connection: duckdb.DuckDBPyConnection, found: Read, looked_at: Sequence[Profile]
) -> dict[int, Written]:
    """By a field's place, how its values are written; fields that need no format aren't there."""
    fitting = _fitting(connection, found, looked_at)
    decided = {
        place: _sure(connection, place, _decided(formats)) for place, formats in fitting.items()
    }
    marks = {
        NUMBERS[one.format][1]
        for one in decided.values()
        if one.kind == NUMBER and one.format and "," in NUMBERS[one.format]
    }
    if marks != {","}:
        return _alike(decided)
    # In a file of decimal commas a comma is one, and 1.234 may be a thousand.
    settled = _alike({place: _settled(one) for place, one in decided.items()})
    return settled | {
        place: Written(doubt=("1234.56", "1.234,56"))
        for place, profile in enumerate(looked_at)
        if _may_be_thousands(connection, place, profile)
    }


def converted(
    connection: duckdb.DuckDBPyConnection, found: Read, numbers: Mapping[int, str]
) -> None:
    """Make the sample's view show fields of numbers, by their formats, as plain ones."""
    columns = [
        f"{expression_to_duckdb(read(f'b.c{place}', NUMBER, numbers[place]))} AS c{place}"
        if place in numbers
        else f"b.c{place}"
        for place in range(len(found.fields))
    ]
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW sample AS SELECT op, {', '.join(columns)} "
        f"FROM read_parquet('{found.file}') AS b WHERE op <> 'delete'"
    )


def _fitting(
    connection: duckdb.DuckDBPyConnection, found: Read, looked_at: Sequence[Profile]
) -> dict[int, list[tuple[str, str]]]:
    """By place, the formats (with their kinds) that every value fits, stricter ones first."""
    likely: dict[int, list[tuple[str, str]]] = {}
    for place, profile in enumerate(looked_at):
        if not profile.values or profile.tests - {BARE}:
            continue
        listed = connection.execute(
            f"SELECT DISTINCT c{place} FROM first WHERE c{place} IS NOT NULL LIMIT {_FIRST}"
        ).fetchall()
        values = [value for (value,) in listed]
        kinds = [("date", DAYS), ("timestamp", MOMENTS)]
        kinds += [] if profile.field in found.text else [(NUMBER, tuple(NUMBERS))]
        formats = [(kind, each) for kind, listed in kinds for each in listed]
        if pairs := [pair for pair in formats if _all_fit(values, *pair)]:
            likely[place] = pairs
    asked = [(place, *pair) for place, pairs in likely.items() for pair in pairs]
    if not asked:
        return {}
    failing = ", ".join(
        f"count(*) FILTER (c{place} IS NOT NULL AND ({value_as(place, kind, format)}) IS NULL)"
        for place, kind, format in asked
    )
    row = connection.execute(f"SELECT {failing} FROM sample AS b").fetchone()
    assert row is not None, "an aggregate has a row"
    left = [each for each, count in zip(asked, row, strict=True) if not count]
    fitting: dict[int, list[tuple[str, str]]] = {}
    for place, kind, format in left:
        fitting.setdefault(place, []).append((kind, format))
    return fitting


def _all_fit(values: Iterable[str], kind: str, format: str) -> bool:
    if kind == NUMBER:
        return all(plain(value, kind, format) is not None for value in values)
    return all(fits_as(value, kind, format) for value in values)


def value_as(place: int, kind: str, format: str) -> str:
    """DuckDB's expression of a value that is NULL where the text isn't in the format."""
    text = expression_to_duckdb(read(f"b.c{place}", kind, format))
    if kind == NUMBER:
        return text
    return expression_to_duckdb(cast_as("b.weir_text", kind, format)).replace(
        "b.weir_text", f"({text})"
    )


def _decided(fitting: Sequence[tuple[str, str]]) -> Written:
    """The one that says most of the values, unless others mean something else."""
    meanings: dict[str, tuple[str, str]] = {}
    for kind, format in fitting:
        meanings.setdefault(_meaning(kind, format), (kind, format))
    (kind, format), *others = meanings.values()
    if others:
        return Written(doubt=(format, *(other for _, other in others)))
    return Written(kind=kind, format=format)


def _sure(connection: duckdb.DuckDBPyConnection, place: int, one: Written) -> Written:
    """Digits in groups may be a phone's or an id's: what is a number has a fraction somewhere."""
    if one.kind != NUMBER:
        return one
    mark = NUMBERS[one.format][1]
    row = connection.execute(
        f"SELECT count(*) FILTER (contains(c{place}, '{mark}')), "
        f"count(*) FILTER (regexp_matches(c{place}, '^([+]|-?0[0-9])')) FROM sample"
    ).fetchone()
    assert row is not None, "an aggregate has a row"
    fractions, coded = row
    if coded:  # a zero or a plus in front, which a number would lose
        return Written()
    return one if fractions else Written(doubt=(one.format,))


def _meaning(kind: str, format: str) -> str:
    """The same for formats by which the same text means the same."""
    if kind == NUMBER:
        return NUMBERS[format][1]
    return re.sub(r"([a-zA-Z])\1*", r"\1", re.sub("M{3,}", "L", format))


def _settled(one: Written) -> Written:
    commas = [each for each in one.doubt if each in NUMBERS and NUMBERS[each][1] == ","]
    return Written(kind=NUMBER, format=commas[0]) if commas else one


def _alike(decided: Mapping[int, Written]) -> dict[int, Written]:
    """With thousands parted as elsewhere in the file: small numbers don't show how larger ones are.

    A form with groups takes what the one without takes.
    """
    grouped = {one.format for one in decided.values() if one.kind == NUMBER}
    grouped = {each for each in grouped if NUMBERS[each][0] and NUMBERS[each][1] == ","}
    if len(grouped) != 1:
        return dict(decided)
    (form,) = grouped
    return {
        place: replace(one, format=form) if one.format == _BARE_COMMA else one
        for place, one in decided.items()
    }


def _may_be_thousands(connection: duckdb.DuckDBPyConnection, place: int, profile: Profile) -> bool:
    """Whether each value is plain to the platform, and in groups of three digits to a person."""
    if PLAIN not in profile.tests or WHOLE in profile.tests or not profile.after:
        return False
    (others,) = connection.execute(
        f"SELECT count(*) FROM sample WHERE NOT regexp_full_match(c{place}, '{_GROUPS.pattern}')"
    ).fetchone() or (1,)
    return not others
