"""What is asked of each record, and of a batch as a whole, as every engine renders it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What becomes of what breaks a rule.

    Of a record: ERROR quarantines it; WARNING counts it and lets it pass.
    Of a batch: ERROR keeps it from being published; WARNING only tells.
    """

    ERROR = "error"
    WARNING = "warning"


class Operator(StrEnum):
    """How a gate's figure is compared with its bounds; BETWEEN takes both ends in."""

    BE = "must_be"
    NOT_BE = "must_not_be"
    BE_GREATER_THAN = "must_be_greater_than"
    BE_GREATER_OR_EQUAL_TO = "must_be_greater_or_equal_to"
    BE_LESS_THAN = "must_be_less_than"
    BE_LESS_OR_EQUAL_TO = "must_be_less_or_equal_to"
    BE_BETWEEN = "must_be_between"
    NOT_BE_BETWEEN = "must_not_be_between"


class Unit(StrEnum):
    """What a gate counts: records, or their share of all in percent (0 to 100)."""

    ROWS = "rows"
    PERCENT = "percent"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule that each record keeps; a record that breaks it is quarantined with `reason`, or, with
    severity warning, passes with the check's `name` in its `_warnings`.

    `kind` and `arguments`:
        required; minimum, maximum, exclusive_minimum, exclusive_maximum (bound: text of the
        column's type); min_length, max_length (characters); pattern (regular expression, found
        anywhere); one_of, none_of (values); min_items, max_items (elements). All but `required`
        hold for a missing value.
    `column`: its name; of what is in a nested column the path: `address.zip`, `lines[].qty`.
    """

    name: str
    column: str
    kind: str
    reason: str
    arguments: tuple[str, ...] = ()
    severity: str = Severity.ERROR


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A rule that a batch keeps as a whole, before it is published.

    It is asked of the batch's accepted records: those that passed their checks, the newest of each
    key, without deletes. Of no records at all every share is 0.

    name: unique in its dataset: `amount.null_values`, `row_count`, `sql.2`.
    column: the column that it is about; "" for the table.
    description: in the contract's own words, else made from the rule.
    operator, unit, severity: an `Operator`, a `Unit`, a `Severity`.
    bounds: decimal numbers as text; two, in order, where the operator is a BETWEEN, else one.
    spark, duckdb: the figure, one number or NULL (which keeps no rule), as an aggregate expression
        over the records' columns. Where the rule is a query that no one aggregate answers it is a
        scalar subquery that reads {records} itself: see `is_query`.
    """

    name: str
    column: str
    description: str
    operator: str
    bounds: tuple[str, ...]
    unit: str = Unit.ROWS
    severity: str = Severity.ERROR
    spark: str
    duckdb: str

    @property
    def is_query(self) -> bool:
        """Whether the figure is a subquery over {records}, not an aggregate of the pass."""
        return "{records}" in self.spark
