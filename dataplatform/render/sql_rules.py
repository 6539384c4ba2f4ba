"""A rule's own SQL, Spark's, for both engines: an aggregate where one does, else a query.

As with gold models nothing is passed through: what isn't known to give the same figure on both
engines is refused.
"""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from dataplatform.plans.sql_names import Schema, rewrite
from dataplatform.render.translation.expressions import Expressions
from dataplatform.render.translation.query import QueryTranslator
from dataplatform.render.translation.spark import for_both
from dataplatform.render.typed import Typed, Untranslatable

RECORDS: Final = "{records}"
_STAND_IN: Final = "weir_stand_in_records"
_NUMBERS = ("int", "bigint", "double", "boolean")
_PASSED_BY = ("from_", "where", "expressions", "kind")


def figure(query: exp.Select, schema: Schema) -> tuple[str, str]:
    """The query's one value in Spark's and in DuckDB's SQL; see `Gate.spark`.

    Args:
        query: one aggregate of the dataset's records, columns qualified.

    Raises:
        Untranslatable: it may differ between the engines, or isn't a number.
    """
    folded = _folded(query)
    if folded is None:
        found = QueryTranslator(schema, lambda _: RECORDS).translate(query)
        (kind,) = found.columns.values()
        placed = rewrite(for_both(query), lambda _: _STAND_IN)
        spark = placed.sql(dialect="spark", comments=False).replace(_STAND_IN, RECORDS)
        return _numbers(query, f"({spark})", Typed(f"({found.sql})", kind))
    (table,) = (table for tables in schema.values() for table in tables.values())
    types = {column.name: column.type for column in table.values()}
    value = Expressions({"": types}, _no_subquery).value(folded)
    (selected,) = for_both(exp.select(folded)).selects
    return _numbers(query, selected.sql(dialect="spark", comments=False), value)


def _folded(query: exp.Select) -> exp.Expr | None:
    """One expression of aggregates, which a pass over the records computes beside others; None
    where the query does more than that.
    """
    more = [key for key, value in query.args.items() if value and key not in _PASSED_BY]
    if more or query.find(exp.Subquery, exp.Exists) or any(_reads_query(i) for i in _ins(query)):
        return None
    (selected,) = query.copy().selects
    node = exp.Paren(this=selected.unalias())  # so that what it is, too, can be replaced
    for column in node.find_all(exp.Column):
        column.set("table", None)
    if where := query.args.get("where"):
        condition = where.this.copy()
        for column in condition.find_all(exp.Column):
            column.set("table", None)
        for aggregate in list(node.find_all(exp.AggFunc)):
            _keep(aggregate, condition)
    folded: exp.Expr = node.this
    return folded


def _ins(query: exp.Select) -> list[exp.In]:
    return list(query.find_all(exp.In))


def _reads_query(node: exp.In) -> bool:
    return node.args.get("query") is not None


def _keep(aggregate: exp.Expr, condition: exp.Expr) -> None:
    """Of all records, let the aggregate see those that WHERE keeps."""
    around = aggregate.parent
    if isinstance(around, exp.Filter):
        both = exp.and_(around.expression.this.copy(), condition.copy())
        around.set("expression", exp.Where(this=both))
    else:
        aggregate.replace(
            exp.Filter(this=aggregate.copy(), expression=exp.Where(this=condition.copy()))
        )


def _numbers(query: exp.Select, spark: str, value: Typed) -> tuple[str, str]:
    """Both engines' SQL; true and false are 1 and 0."""
    if value.type not in _NUMBERS and not value.type.startswith("decimal"):
        raise Untranslatable(query, f"a figure of type {value.type}", "a number, or true or false")
    if value.type == "boolean":
        return f"CAST({spark} AS INT)", f"CAST({value.sql} AS INTEGER)"
    return spark, value.sql


def _no_subquery(query: exp.Expr) -> tuple[str, list[Typed]]:
    raise Untranslatable(query, "a subquery", "an aggregate")
