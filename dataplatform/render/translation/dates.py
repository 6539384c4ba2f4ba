"""Spark's functions of days and moments in DuckDB; both sessions' zone is UTC."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.render.translation.terms import Rule, Terms
from dataplatform.render.typed import Typed, Untranslatable, cast, only

_DAY_PARTS = {
    exp.Year: "year", exp.Quarter: "quarter", exp.Month: "month", exp.Day: "day",
    exp.DayOfMonth: "day", exp.DayOfYear: "dayofyear", exp.WeekOfYear: "week",
}  # fmt: skip
_CLOCK_PARTS = {exp.Hour: "hour", exp.Minute: "minute", exp.Second: "second"}
_EXTRACTED = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "WEEK": "week",
    "HOUR": "hour", "MINUTE": "minute",
}  # fmt: skip
_UNITS = {
    "YEAR": "year", "YYYY": "year", "YY": "year", "QUARTER": "quarter", "MONTH": "month",
    "MON": "month", "MM": "month", "WEEK": "week",
}  # fmt: skip
_MOMENT_UNITS = {**_UNITS, "DAY": "day", "DD": "day", "HOUR": "hour", "MINUTE": "minute"}


def _day(terms: Terms, node: exp.Expr) -> Typed:
    return cast(terms.of_type(node, "date", "timestamp"), "date")


def _part(name: str, of_day: bool) -> Rule:
    def rule(terms: Terms, node: exp.Func) -> Typed:
        only(node, {"this"})
        value = _day(terms, node.this) if of_day else terms.of_type(node.this, "timestamp")
        return Typed(f"CAST({name}({value.sql}) AS INTEGER)", "int")

    return rule


def _extracted(terms: Terms, node: exp.Extract) -> Typed:
    name = _EXTRACTED.get(node.this.name.upper())
    if name is None:
        known = ", ".join(_EXTRACTED)
        raise Untranslatable(node, f"EXTRACT({node.this.name})", f"one of {known}")
    kinds = ("timestamp",) if name in ("hour", "minute") else ("date", "timestamp")
    value = terms.of_type(node.expression, *kinds)
    value = value if name in ("hour", "minute") else cast(value, "date")
    return Typed(f"CAST({name}({value.sql}) AS INTEGER)", "int")


def _weekday(terms: Terms, node: exp.DayOfWeek) -> Typed:
    # Spark's Sunday is 1, DuckDB's is 0.
    return Typed(f"CAST(dayofweek({_day(terms, node.this).sql}) + 1 AS INTEGER)", "int")


def _difference(terms: Terms, node: exp.DateDiff) -> Typed:
    only(node, {"this", "expression"})
    end, start = _day(terms, node.this), _day(terms, node.expression)
    return Typed(f"CAST({end.sql} - {start.sql} AS INTEGER)", "int")


def _added(terms: Terms, node: exp.TsOrDsAdd) -> Typed:
    only(node, {"this", "expression", "unit"})
    if (unit := node.args.get("unit")) is not None and unit.name.upper() != "DAY":
        raise Untranslatable(node, f"DATE_ADD({unit.name})", "days")
    days = terms.of_type(node.expression, "int")
    return Typed(f"({_day(terms, node.this).sql} + {days.sql})", "date")


def _months(terms: Terms, node: exp.AddMonths) -> Typed:
    only(node, {"this", "expression"})
    months = terms.of_type(node.expression, "int")
    moved = f"{_day(terms, node.this).sql} + to_months({months.sql})"
    return Typed(f"CAST({moved} AS DATE)", "date")


def _last_day(terms: Terms, node: exp.LastDay) -> Typed:
    only(node, {"this"})
    return Typed(f"last_day({_day(terms, node.this).sql})", "date")


def _day_truncated(terms: Terms, node: exp.DateTrunc) -> Typed:
    unit = _UNITS.get(node.args["unit"].name.upper())
    if unit is None:
        known = ", ".join(_UNITS)
        raise Untranslatable(node, f"TRUNC to {node.args['unit'].name}", f"one of {known}")
    return Typed(f"CAST(date_trunc('{unit}', {_day(terms, node.this).sql}) AS DATE)", "date")


def _moment_truncated(terms: Terms, node: exp.TimestampTrunc) -> Typed:
    only(node, {"this", "unit"})
    unit = _MOMENT_UNITS.get(node.args["unit"].name.upper())
    if unit is None:
        known = ", ".join(_MOMENT_UNITS)
        raise Untranslatable(node, f"DATE_TRUNC to {node.args['unit'].name}", f"one of {known}")
    value = cast(terms.of_type(node.this, "date", "timestamp"), "timestamp")
    return Typed(f"CAST(date_trunc('{unit}', {value.sql}) AS TIMESTAMPTZ)", "timestamp")


RULES: dict[type[exp.Expr], Rule] = {
    **{kind: _part(name, True) for kind, name in _DAY_PARTS.items()},
    **{kind: _part(name, False) for kind, name in _CLOCK_PARTS.items()},
    exp.TsOrDsToDate: lambda terms, node: _day(terms, node.this),
    exp.Date: lambda terms, node: _day(terms, node.this),
    exp.Extract: _extracted,
    exp.DayOfWeek: _weekday,
    exp.DateDiff: _difference,
    exp.TsOrDsAdd: _added,
    exp.AddMonths: _months,
    exp.LastDay: _last_day,
    exp.DateTrunc: _day_truncated,
    exp.TimestampTrunc: _moment_truncated,
}
