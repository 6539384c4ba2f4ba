"""What a rule of a batch asks for, in words, where its contract has none of its own."""

from __future__ import annotations

from dataplatform.contracts.model import BatchRule

_FIGURES = {
    "null_values": "records without {column}",
    "missing_values": "records without a real {column}",
    "invalid_values": "records with an invalid {column}",
    "duplicate_values": "repeated values of {column}",
    "row_count": "records",
    "sql": "the figure of its query",
}


def described(rule: BatchRule) -> str:
    """`records without amount`: a verdict says itself how many there were, and may be."""
    column = " and ".join(rule.columns) or rule.column
    return _FIGURES[rule.metric].format(column=column)
