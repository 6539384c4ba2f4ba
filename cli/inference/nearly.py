"""Columns that are text because of few values, which a person would rather see in quarantine.

A contract takes every record of the sample, so one `n/a` among a thousand dates makes text of all.
That is told, with the type that would have been proposed without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from cli.inference import meaning
from cli.inference.document import quoted
from cli.inference.model import Profile, ProposedColumn
from cli.inference.profiling import BARE
from cli.inference.written import DAYS, MOMENTS, NUMBER, value_as
from dataplatform.contracts.formats import NUMBERS
from dataplatform.drift.values import fits_as
from dataplatform.render.duckdb import expression_to_duckdb
from dataplatform.render.spark_casts import cast

_LOOKED_AT: Final = 500
_ONE_IN: Final = 20
_SHOWN: Final = 40
_DECIMAL: Final = "decimal(38,9)"
_KINDS: Final = {"date": "a date", "timestamp": "a timestamp", NUMBER: "a number"}
_SHAPES: Final = (
    (NUMBER, ""), ("date", ""), ("timestamp", ""),
    *(("date", day) for day in DAYS),
    *(("timestamp", moment) for moment in MOMENTS),
    *((NUMBER, number) for number in NUMBERS),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Nearly:
    """What nearly all values of a column are.

    kind: date, timestamp, or `written.NUMBER`; format: as in `plans.model.Column`.
    values: how many there are; others: how many of them are something else, at least one.
    example: the least of the others.
    """

    kind: str
    format: str
    values: int
    others: int
    example: str

    def said(self, *, shown: bool) -> str:
        """Which values aren't; without the example where no value may be shown."""
        form = f" written as {self.format}" if self.format else ""
        cut = self.example[:_SHOWN] + ("…" if len(self.example) > _SHOWN else "")
        example = f": {quoted(cut)}" if shown else ""
        verb = "isn't" if self.others == 1 else "aren't"
        return (
            f"{self.others:,} of {self.values:,} values {verb} {_KINDS[self.kind]}{form}{example}"
        )


def told_of(almost: Mapping[str, Nearly], columns: Iterable[ProposedColumn]) -> list[str]:
    """What a person should know of such columns before taking the proposal."""
    return [
        f"{column.name} is text, as {almost[column.field].said(shown=not column.pii)}. Give it a "
        "type in the contract, and such records wait in quarantine instead"
        for column in columns
        if column.field in almost
    ]


def nearly(
    connection: duckdb.DuckDBPyConnection, looked_at: Sequence[Profile], passed_over: Iterable[str]
) -> Mapping[str, Nearly]:
    """By field, what all but few values of a text column are: one in twenty at most.

    Args:
        passed_over: fields whose type is known, or said by the source.
    """
    skipped = frozenset(passed_over)
    found = {}
    for place, profile in enumerate(looked_at):
        if profile.field in skipped or profile.tests - {BARE} or profile.values < _ONE_IN:
            continue
        if meaning.code(profile.field):
            continue
        if shape := _shape(connection, place):
            one = _counted(connection, place, profile, *shape)
            if 0 < one.others * _ONE_IN <= one.values:
                found[profile.field] = one
    return found


def _shape(connection: duckdb.DuckDBPyConnection, place: int) -> tuple[str, str] | None:
    """The kind and format of nearly all of some values."""
    rows = connection.execute(
        f"SELECT DISTINCT c{place}, hash(c{place}) FROM first WHERE c{place} IS NOT NULL "
        f"ORDER BY 2 LIMIT {_LOOKED_AT}"
    ).fetchall()
    values = [value for value, _ in rows]
    # A column of few different words would need but one that is a number among them.
    allowed = max(1, len(values) // _ONE_IN)
    return next((shape for shape in _SHAPES if _most(values, *shape, allowed)), None)


def _most(values: Sequence[str], kind: str, format: str, allowed: int) -> bool:
    misfits = 0
    for value in values:
        misfits += not fits_as(value, _DECIMAL if kind == NUMBER else kind, format)
        if misfits > allowed:
            return False
    return misfits < len(values) - misfits


def _counted(
    connection: duckdb.DuckDBPyConnection, place: int, profile: Profile, kind: str, format: str
) -> Nearly:
    """All values of the sample, asked of the platform's own casts."""
    plain = cast(f"b.c{place}", _DECIMAL if kind == NUMBER else kind)
    value = value_as(place, kind, format) if format else expression_to_duckdb(plain)
    row = connection.execute(
        f"SELECT count(*), min(c{place}) FROM sample AS b "
        f"WHERE c{place} IS NOT NULL AND ({value}) IS NULL"
    ).fetchone()
    assert row is not None, "an aggregate has a row"
    return Nearly(
        kind=kind, format=format, values=profile.values, others=row[0], example=row[1] or ""
    )
