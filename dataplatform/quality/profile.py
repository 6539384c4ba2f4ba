"""Figures of a batch: what it was asked, what it answered, and what is kept of that.

Each engine answers all of them, gates too, with one query over the batch's accepted records:
the newest good record of each key, without deletes. See `render/profile.py` for the SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from dataplatform.contracts.nesting import is_nested
from dataplatform.naming import Watch
from dataplatform.quality.model import Gate

SAMPLE_ROWS: Final = 16_384
"""Up to so many records distinct values are counted exactly, which is the same number on both
engines. Beyond, only values whose hash falls into one of `sample_of` parts are counted, and stand
for the others: the share of distinct values is then right to a point (0.01), cheap in memory."""

_NUMBERS: Final = ("int", "bigint", "double")
_REFERENCES: Final = ("_id", "_key", "_code")


class Figure(StrEnum):
    """What is asked of a batch; of a column where `Measure.of` names one."""

    ROWS = "rows"
    HELD = "held"
    MEAN = "mean"
    SPREAD = "spread"
    DISTINCT = "distinct"
    GATE = "gate"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One column of an audit's answer.

    figure: a `Figure`: records; values that aren't null; mean and standard deviation of a number;
        distinct values; a gate's own figure.
    of: the column, or the gate's name; "" for the batch.
    """

    figure: str
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A column as a profile needs to know it; `type` as in `plans.model.Column`."""

    name: str
    type: str
    key: bool = False
    classified: bool = False

    @property
    def counts_distinct(self) -> bool:
        """Not of keys, whose share says nothing, nor of what follows the calendar; objects and
        arrays are mostly different."""
        plain = self.type not in ("date", "timestamp", "boolean") and not is_nested(self.type)
        return not self.key and plain

    @property
    def has_mean(self) -> bool:
        """Of numbers that measure something: a mean of ids follows which ids come.

        Nor of what is classified: a mean of few records tells much of each, and alerts are widely
        read.
        """
        measured = self.type in _NUMBERS or self.type.startswith("decimal")
        refers = self.name == "id" or self.name.endswith(_REFERENCES)
        return measured and not (self.key or self.classified or refers)


def measures_of(
    columns: Iterable[Watched], gates: Iterable[Gate], watch: str
) -> tuple[Measure, ...]:
    """What to ask of each batch of a dataset; empty where nothing is asked of it."""
    asked = [Measure(figure=Figure.GATE, of=gate.name) for gate in gates]
    if watch == Watch.OFF and not asked:
        return ()
    found = [Measure(figure=Figure.ROWS)]
    for column in columns if watch == Watch.ON else ():
        found.append(Measure(figure=Figure.HELD, of=column.name))
        if column.has_mean:
            found.append(Measure(figure=Figure.MEAN, of=column.name))
            found.append(Measure(figure=Figure.SPREAD, of=column.name))
        if column.counts_distinct:
            found.append(Measure(figure=Figure.DISTINCT, of=column.name))
    return (*found, *asked)


def sample_of(rows: int) -> int:
    """Into how many parts distinct values are divided, of which one is counted."""
    return max(1, -(-rows // SAMPLE_ROWS))


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """A column's figures; None where they aren't asked, or there is no value to take them of.

    null_share: 0 to 1. mean, spread: of the values; spread is their standard deviation.
    distinct_share: distinct values by values, 0 to 1.
    """

    null_share: float
    mean: float | None = None
    spread: float | None = None
    distinct_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A batch's figures; columns by name, in the contract's order."""

    rows: int
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)

    def to_json(self) -> str:
        """Short: a column is a list in the order of `ColumnProfile`."""
        columns = {name: [_short(v) for v in vars(c).values()] for name, c in self.columns.items()}
        return json.dumps({"rows": self.rows, "columns": columns}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        names = ColumnProfile.__dataclass_fields__
        columns = {
            name: ColumnProfile(**dict(zip(names, values, strict=True)))
            for name, values in raw["columns"].items()
        }
        return cls(rows=raw["rows"], columns=columns)


def profile_of(measures: Sequence[Measure], answer: Sequence[Any]) -> Profile:
    """The figures of an answer, in the order of its measures."""
    found = {(m.figure, m.of): value for m, value in zip(measures, answer, strict=True)}
    rows = int(found[Figure.ROWS, ""])
    columns: dict[str, ColumnProfile] = {}
    for measure in measures:
        if measure.figure != Figure.HELD:
            continue
        held, name = int(found[measure.figure, measure.of]), measure.of
        distinct = found.get((Figure.DISTINCT, name))
        columns[name] = ColumnProfile(
            null_share=(rows - held) / rows if rows else 0.0,
            mean=_number(found.get((Figure.MEAN, name))),
            spread=_number(found.get((Figure.SPREAD, name))),
            # A sample may say a little more than there can be.
            distinct_share=min(1.0, distinct / held) if held and distinct is not None else None,
        )
    return Profile(rows=rows, columns=columns)


def gate_figures(measures: Sequence[Measure], answer: Sequence[Any]) -> dict[str, Decimal | None]:
    """Each gate's figure by its name; None where it has none."""
    return {
        measure.of: None if value is None else Decimal(str(value))
        for measure, value in zip(measures, answer, strict=True)
        if measure.figure == Figure.GATE
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _short(value: float | None) -> float | None:
    """Nine digits: more than any bound needs."""
    return None if value is None else float(f"{value:.9g}")
