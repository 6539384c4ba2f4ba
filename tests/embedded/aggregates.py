"""FoodMart's own aggregates, asked of what the pipeline has made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.truth import MEASURES, Key, Sums, groups

AGGREGATES: Final = ("agg_c_14_sales_fact_1997", "agg_l_05_sales_fact_1997")


def grouped(foodmart: Foodmart, table: str, *, schema: str) -> str:
    """An aggregate of FoodMart's, asked of gold; its names are gold's but for the year."""
    names = ["year" if name == "the_year" else name for name in groups(foodmart, table)]
    measures = [f"SUM({name}) AS {name}" for name in MEASURES if name != "fact_count"]
    return (
        f"SELECT {', '.join([*names, *measures, 'COUNT(*) AS fact_count'])} "
        f"FROM {schema}fact_sales AS f JOIN {schema}dim_date AS d ON f.date_id = d.date_id "
        f"WHERE d.year = 1997 GROUP BY {', '.join(names)}"
    )


def sums(foodmart: Foodmart, table: str, rows: list[tuple[Any, ...]]) -> dict[Key, Sums]:
    """Rows in the shape of the truth; a group that came twice fails."""
    width = len(groups(foodmart, table))
    found = {
        tuple(str(value) for value in row[:width]): {
            name: Decimal(value) for name, value in zip(MEASURES, row[width:], strict=True)
        }
        for row in rows
    }
    assert len(found) == len(rows)
    return found
