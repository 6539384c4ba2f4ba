"""What FoodMart's makers computed themselves, for tests to compare with to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from embedded_aws.samples.foodmart import Foodmart

MEASURES: Final = ("unit_sales", "store_sales", "store_cost", "fact_count")
"""Measures of every aggregate; `fact_count` is the number of sale lines."""

Key = tuple[str, ...]
Sums = dict[str, Decimal]


def aggregate(foodmart: Foodmart, table: str) -> dict[Key, Sums]:
    """An aggregate table: group -> sums.

    The group is every column that isn't a measure or a count, in the table's order; all is text,
    but the sums are exact.

    Raises:
        ValueError: two rows of one group, so `table` isn't an aggregate.
    """
    columns = [column.name for column in foodmart.columns(table)]
    groups = [i for i, name in enumerate(columns) if not _is_measure(name)]
    sums: dict[Key, Sums] = {}
    for row in foodmart.rows(table):
        key = tuple(str(row[i]) for i in groups)
        if key in sums:
            raise ValueError(f"{table}: two rows for {key}")
        sums[key] = {name: Decimal(row[columns.index(name)] or 0) for name in _present(columns)}
    return sums


def groups(foodmart: Foodmart, table: str) -> tuple[str, ...]:
    """The columns that an aggregate groups by."""
    return tuple(c.name for c in foodmart.columns(table) if not _is_measure(c.name))


def totals(foodmart: Foodmart, table: str) -> Sums:
    """All groups of an aggregate, or all lines of a table of sales, together."""
    columns = [column.name for column in foodmart.columns(table)]
    names = _present(columns)
    result = dict.fromkeys(names, Decimal(0))
    for row in foodmart.rows(table):
        for name in names:
            result[name] += Decimal(row[columns.index(name)] or 0)
    return result


def _present(columns: list[str]) -> list[str]:
    return [name for name in MEASURES if name in columns]


def _is_measure(name: str) -> bool:
    return name in MEASURES or name.endswith("_count")
