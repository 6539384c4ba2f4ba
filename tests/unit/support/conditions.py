"""What stands in generated records, counted: that a generator gives it is easily believed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from dataplatform.contracts.types import decimal_parts
from dataplatform.plans.model import Column

_ANY: Final = ()
_NUMBER: Final = ("int", "bigint", "double", "decimal")
_TIME: Final = ("date", "timestamp")
CONDITIONS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "empty": (_ANY, r"\A\Z"),
    "blank": (_ANY, r"\A\s+\Z"),
    "a final line break": (_ANY, r"\n\Z"),
    "NUL": (_ANY, "\x00"),
    "NBSP": (_ANY, "\u00a0"),
    "beyond the first plane": (("string",), "[\U00010000-\U0010ffff]"),
    "combining": (("string",), "\u0301"),
    "longer than is shown": (("string",), r"(?s)\A.{81,}"),
    "longer than a column of Redshift's": (("string",), r"(?s)\A.{65536,}"),
    "NaN": (_NUMBER, r"(?i)\Anan\Z"),
    "infinity": (_NUMBER, "(?i)inf"),
    "an exponent": (_NUMBER, r"[0-9][eE][+-]?[0-9]"),
    "38 digits": (_NUMBER, "[0-9]{38}"),
    "hundreds of digits": (_NUMBER, "[0-9]{300}"),
    "int's limits": (_NUMBER, r"\A-?214748364[789]\Z"),
    "bigint's limits": (_NUMBER, r"\A-?922337203685477580[789]"),
    "a decimal's limits": (("decimal",), r"\A[+-]?0*(9{4,}\.?9*|10{4,}\.?0*)\Z"),
    "negative zero": (_NUMBER, r"\A-[0.]+(e[0-9]+)?\Z"),
    "subnormal": (("double",), r"e-3[012][0-9]"),
    "thousands parted": (_NUMBER, ","),
    "other digits": (_NUMBER, r"[^\x00-\x7f]"),
    "year 0": (_TIME, r"\A0000-"),
    "a year before 0": (_TIME, r"\A-"),
    "year 10000": (_TIME, r"\A1[0-9]{4}-"),
    "before 1582": (_TIME, r"\A(0|1[0-4])[0-9]+-[0-9]{2}-[0-9]{2}"),
    "left out in 1582": (_TIME, r"\A1582-10-(0[5-9]|1[0-4])"),
    "no such day": (_TIME, r"02-30|1900-02-29|1500-02-29|2023-02-29"),
    "a leap second": (("timestamp",), ":60"),
    "24 hours": (_TIME, "T24:"),
    "an offset": (("timestamp",), r"[+-][0-9]{2}:?[0-9]{2}\Z"),
    "nanoseconds": (("timestamp",), r"\.[0-9]{7,}"),
    "an hour that a clock leaves out": (("timestamp",), r"2026-03-29T02:30:00\Z"),
    "an hour that a clock shows twice": (("timestamp",), r"2026-10-25T02:30:00\Z"),
}
"""What it is called: of which kinds of columns, and how its text is found."""

_FOUND: Final = {name: re.compile(pattern) for name, (_, pattern) in CONDITIONS.items()}


def conditions(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Counter[str]:
    """How many values of the rows, whose first values are the columns', are in each condition."""
    counted: Counter[str] = Counter()
    of_column = [_of(column) for column in columns]
    for row in rows:
        for names, text in zip(of_column, row, strict=False):
            if text is None:
                counted["null"] += 1
            else:
                counted.update(name for name in names if _FOUND[name].search(text))
    return counted


def _of(column: Column) -> list[str]:
    kind = "decimal" if decimal_parts(column.type) else column.type
    return [name for name, (kinds, _) in CONDITIONS.items() if not kinds or kind in kinds]
