"""A rule of a batch in words, for those whose contract has none of its own."""

from __future__ import annotations

from dataplatform.contracts.model import BatchRule
from dataplatform.quality.model import Operator, Unit

_FIGURES = {
    "null_values": "records without {column}",
    "missing_values": "records without a real {column}",
    "invalid_values": "records with an invalid {column}",
    "duplicate_values": "repeated values of {column}",
    "row_count": "records",
    "sql": "the figure of its query",
}
_COMPARED = {
    Operator.BE: "{0}",
    Operator.NOT_BE: "not {0}",
    Operator.BE_GREATER_THAN: "more than {0}",
    Operator.BE_GREATER_OR_EQUAL_TO: "at least {0}",
    Operator.BE_LESS_THAN: "less than {0}",
    Operator.BE_LESS_OR_EQUAL_TO: "at most {0}",
    Operator.BE_BETWEEN: "{0} to {1}",
    Operator.NOT_BE_BETWEEN: "not {0} to {1}",
}


def described(rule: BatchRule) -> str:
    """`records without amount: less than 5%`."""
    column = " and ".join(rule.columns) or rule.column
    figure = _FIGURES[rule.metric].format(column=column)
    compared = _COMPARED[Operator(rule.operator)].format(*rule.bounds)
    return f"{figure}: {compared}{'%' if rule.unit == Unit.PERCENT else ''}"
