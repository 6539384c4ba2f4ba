"""A rule of a batch in words, for those whose contract has none of its own."""

from __future__ import annotations

from dataplatform.contracts.model import BatchRule
from dataplatform.quality.gates import EXPECTED
from dataplatform.quality.model import Operator, Unit

_FIGURES = {
    "null_values": "records without {column}",
    "missing_values": "records without a real {column}",
    "invalid_values": "records with an invalid {column}",
    "duplicate_values": "repeated values of {column}",
    "row_count": "records",
    "sql": "the figure of its query",
}


def described(rule: BatchRule) -> str:
    """`records without amount: less than 5%`."""
    column = " and ".join(rule.columns) or rule.column
    figure = _FIGURES[rule.metric].format(column=column)
    compared = EXPECTED[Operator(rule.operator)].format(*rule.bounds)
    return f"{figure}: {compared}{'%' if rule.unit == Unit.PERCENT else ''}"
