"""Which rows of a table a batch can touch, as a condition by which Iceberg leaves files out.

A condition holds for every row that has a key of the batch, wherever it stands: a row may have
moved from one partition to another since. So it is made from what can't move, which is the key,
and, once the rows that stand have been found, from the partitions that they were found in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import DataFrame

MOST_VALUES: Final = 200
"""Where a column has more, its least and greatest have to do: a plan should stay short."""

_LONGEST: Final = 1000
"""Characters of a text that a plan should repeat."""

_UNBOUNDED: Final = ("double", "boolean")
"""NaN has no place between bounds that all formats agree on; two booleans bound nothing."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A column of the table, and what tells its values.

    source: the column of the batch that equals it.
    kind: its engine-neutral type.
    listed: its values are few, such as a partition's, and are told one by one.
    null_too: a row of the batch without a value stands for rows without one.
    """

    column: str
    source: str
    kind: str
    listed: bool = False
    null_too: bool = False


def condition(rows: DataFrame, asked: Sequence[Asked], *, table: str) -> str:
    """SQL that is true of every row of `table` whose columns equal those of one of `rows`.

    One pass over the rows, of which only these columns are read.

    Args:
        table: the table's alias.

    Returns:
        A condition of literals; FALSE where there are no rows, TRUE where nothing can be told.
    """
    told = [each for each in asked if each.listed or each.kind not in _UNBOUNDED]
    answer = rows.selectExpr("count(*)", *(sql for each in told for sql in _sought(each))).first()
    assert answer is not None  # an aggregate without groups has one row
    if not answer[0]:
        return "FALSE"
    found = [answer[1 + 4 * place : 5 + 4 * place] for place in range(len(told))]
    each_holds = [_holds(each, table, *values) for each, values in zip(told, found, strict=True)]
    return " AND ".join(each_holds) or "TRUE"


def _sought(asked: Asked) -> tuple[str, str, str, str]:
    """Least and greatest value, the values, how many are null; values as text."""
    held = quoted(asked.source)
    values = f"collect_set({_text(held, asked.kind)})" if asked.listed else "NULL"
    least, greatest = (_text(f"{end}({held})", asked.kind) for end in ("min", "max"))
    return least, greatest, values, f"count_if({held} IS NULL)"


def _holds(asked: Asked, table: str, low: Any, high: Any, values: Any, nulls: int) -> str:
    held = f"{table}.{quoted(asked.column)}"
    either = [f"{held} IS NULL"] if nulls and asked.null_too else []
    if values and len(values) <= MOST_VALUES:
        either.append(f"{held} IN ({', '.join(_value(v, asked.kind) for v in sorted(values))})")
    elif low is not None and asked.kind not in _UNBOUNDED:
        if len(low) > _LONGEST or len(high) > _LONGEST:
            return "TRUE"
        ends = " AND ".join(_value(end, asked.kind) for end in (low, high))
        either.append(f"{held} BETWEEN {ends}")
    return f"({' OR '.join(either)})" if either else "FALSE"


def _text(value: str, kind: str) -> str:
    """A value as text that `_value` reads back, whatever the session's time zone."""
    return f"CAST({f'unix_micros({value})' if kind == 'timestamp' else value} AS STRING)"


def _value(text: str, kind: str) -> str:
    """A literal, or what Spark makes one of before it plans files."""
    if kind == "timestamp":
        return f"timestamp_micros({text})"
    return literal(text) if kind == "string" else f"CAST({literal(text)} AS {kind})"


def quoted(word: str) -> str:
    """A quoted identifier of Spark SQL."""
    return "`" + word.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A quoted string of Spark SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
