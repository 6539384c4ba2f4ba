"""Expressions of Spark SQL for DuckDB: the rules of all functions, put together."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.plans.sql_fields import field_type, unknown_field
from dataplatform.plans.sql_types import neutral
from dataplatform.render.spark_types import decimal
from dataplatform.render.translation.aggregates import RULES as AGGREGATES
from dataplatform.render.translation.casts import converted
from dataplatform.render.translation.dates import RULES as DATES
from dataplatform.render.translation.logic import RULES as LOGIC
from dataplatform.render.translation.numbers import RULES as NUMBERS
from dataplatform.render.translation.terms import Terms
from dataplatform.render.translation.text import RULES as TEXT
from dataplatform.render.typed import NULL, Typed, Untranslatable, only, text, type_name

_INT_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1


def _literal(_: Terms, node: exp.Literal) -> Typed:
    if node.is_string:
        return Typed(text(node.this), "string")
    digits = node.this
    if node.is_int:
        number = int(digits)
        kind = "int" if number <= _INT_MAX else "bigint"
        if number > _BIGINT_MAX:
            kind = decimal(len(str(number)), 0)
        return Typed(f"CAST({number} AS {type_name(kind)})", kind, len(str(number)))
    if "e" in digits.lower():
        return Typed(f"CAST({digits} AS DOUBLE)", "double")
    whole, _, fraction = digits.partition(".")
    precision = len(whole.lstrip("0")) + len(fraction)
    kind = decimal(max(precision, 1), len(fraction))
    return Typed(f"CAST({text(digits)} AS {type_name(kind)})", kind)


def _field(terms: Terms, node: exp.Dot) -> Typed:
    value = terms.value(node.this)
    kind = field_type(value.type, node.name)
    if kind is None:
        raise Untranslatable(node, *unknown_field(node, value.type))
    return Typed(f"struct_extract({value.sql}, {text(node.name)})", kind)


def _cast(terms: Terms, node: exp.Cast) -> Typed:
    only(node, {"this", "to", "safe"})
    kind = neutral(node.to)
    if kind is None:
        raise Untranslatable(node, f"CAST AS {node.to.sql('spark')}", "a type of a contract")
    return converted(node, terms.value(node.this), kind)


class Expressions(Terms):
    """Translates the expressions of one query."""

    rules = {
        exp.Column: Terms.column,
        exp.Dot: _field,
        exp.Subquery: Terms.scalar,
        exp.Exists: Terms.exists,
        exp.In: Terms.contained,
        exp.Literal: _literal,
        exp.Null: lambda _, node: Typed("NULL", NULL),
        exp.Boolean: lambda _, node: Typed("TRUE" if node.this else "FALSE", "boolean"),
        exp.Paren: lambda terms, node: terms.value(node.this),
        exp.Cast: _cast,
        exp.TryCast: _cast,
        **LOGIC,
        **NUMBERS,
        **TEXT,
        **DATES,
        **AGGREGATES,
    }
