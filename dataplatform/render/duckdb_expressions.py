"""Expressions of Spark SQL for DuckDB, each with the type that it has in Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from dataplatform.plans.sql_types import neutral
from dataplatform.render import (
    duckdb_aggregates,
    duckdb_casts,
    duckdb_dates,
    duckdb_numbers,
    duckdb_text,
)
from dataplatform.render.spark_types import common, decimal
from dataplatform.render.typed import (
    NULL,
    Typed,
    Untranslatable,
    cast,
    only,
    quoted,
    text,
    type_name,
)

_INT_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1
_SIGNS = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
}  # fmt: skip
_CONNECTORS = {exp.And: "AND", exp.Or: "OR"}

Rule = Callable[["Expressions", Any], Typed]


class Expressions:
    """Translates the expressions of one query.

    Args:
        tables: alias -> the columns within reach, and their types.
        subquery: a subquery's SQL and columns.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, str]],
        subquery: Callable[[exp.Expr], tuple[str, list[Typed]]],
    ) -> None:
        self._tables = tables
        self._subquery = subquery

    def value(self, node: exp.Expr) -> Typed:
        """One expression.

        Raises:
            Untranslatable: it isn't known to give the same answer in both engines.
        """
        rule = _RULES.get(type(node))
        if rule is None:
            name = node.name if isinstance(node, exp.Anonymous) else node.key
            raise Untranslatable(node, f"{name}()", "what both engines compute alike")
        return rule(self, node)

    def truth(self, node: exp.Expr) -> str:
        """The SQL of a condition."""
        return self.of_type(node, "boolean").sql

    def of_type(self, node: exp.Expr, *kinds: str) -> Typed:
        """An expression that must have one of these types."""
        found = self.value(node)
        if found.type == NULL:
            return cast(found, kinds[0])
        if found.type not in kinds:
            written = f"{node.sql('spark')}, a {found.type}"
            raise Untranslatable(node, written, f"a {' or '.join(kinds)}: CAST it")
        return found

    def alike(self, node: exp.Expr, items: Sequence[exp.Expr]) -> tuple[list[str], str]:
        """Expressions as one type, as Spark finds it; text that is a moment's becomes one."""
        values = [self.value(item) for item in items]
        kind = NULL
        for index, value in enumerate(values):
            found = common(kind, value.type)
            if found is None and "string" in (kind, value.type):
                moments = [v.type for v in values if v.type in ("date", "timestamp")]
                values[index:] = [
                    duckdb_casts.literal_as(item, v, moments[0]) if moments else v
                    for item, v in zip(items[index:], values[index:], strict=True)
                ]
                values[:index] = [
                    duckdb_casts.literal_as(item, v, moments[0]) if moments else v
                    for item, v in zip(items[:index], values[:index], strict=True)
                ]
                return self._alike(node, values)
            kind = found or kind
        return self._alike(node, values)

    def _alike(self, node: exp.Expr, values: Sequence[Typed]) -> tuple[list[str], str]:
        kind = NULL
        for value in values:
            joint = common(kind, value.type)
            if joint is None:
                written = f"{kind} beside {value.type}"
                raise Untranslatable(node, written, "one type: CAST the other")
            kind = joint
        return [cast(value, kind).sql for value in values], kind

    def ordering(self, order: exp.Order, columns: Mapping[str, str] | None = None) -> str:
        """ORDER BY's items; Spark's place for NULL is said, as DuckDB's differs.

        Args:
            columns: of the query itself, which may stand for its expressions.
        """
        parts = []
        for item in order.expressions:
            only(item, {"this", "desc", "nulls_first"})
            node = item.this
            if isinstance(node, exp.Column) and not node.table and node.name in (columns or {}):
                sql = quoted(node.name)
            else:
                sql = self.value(node).sql
            way = "DESC" if item.args.get("desc") else "ASC"
            nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
            parts.append(f"{sql} {way} NULLS {nulls}")
        return ", ".join(parts)

    def column(self, node: exp.Column) -> Typed:
        """A column by its table's alias; by its own name where the one table has none."""
        kind = self._tables.get(node.table, {}).get(node.name)
        if kind is None:
            raise Untranslatable(node, node.sql("spark"), "a column of one of the tables")
        table = f"{quoted(node.table)}." if node.table else ""
        return Typed(f"{table}{quoted(node.name)}", kind)

    def scalar(self, node: exp.Subquery) -> Typed:
        """A subquery in place of a value."""
        only(node, {"this"})
        sql, columns = self._subquery(node.this)
        if len(columns) != 1:
            raise Untranslatable(node, f"{len(columns)} columns", "a subquery of one column")
        return Typed(f"({sql})", columns[0].type)

    def exists(self, node: exp.Exists) -> Typed:
        """EXISTS."""
        return Typed(f"EXISTS ({self._subquery(node.this)[0]})", "boolean")

    def contained(self, node: exp.In) -> Typed:
        """IN, of values or of a subquery's."""
        only(node, {"this", "expressions", "query", "negate"})
        sign = "NOT IN" if node.args.get("negate") else "IN"
        query = node.args.get("query")
        if query is None:
            sqls, _ = self.alike(node, [node.this, *node.expressions])
            return Typed(f"({sqls[0]} {sign} ({', '.join(sqls[1:])}))", "boolean")
        subject = self.value(node.this)
        sql, columns = self._subquery(query)
        if [column.type for column in columns] != [subject.type]:
            listed = ", ".join(column.type for column in columns)
            raise Untranslatable(node, f"{subject.type} IN (SELECT {listed})", "one type: CAST one")
        return Typed(f"({subject.sql} {sign} ({sql}))", "boolean")


def _compared(terms: Expressions, node: exp.Binary) -> Typed:
    (left, right), _ = terms.alike(node, [node.this, node.expression])
    return Typed(f"({left} {_SIGNS[type(node)]} {right})", "boolean")


def _connected(terms: Expressions, node: exp.Connector) -> Typed:
    # As written, without recursion: a model may have hundreds of conditions in a row.
    parts = [terms.truth(part) for part in node.flatten(unnest=False)]
    return Typed(f"({f' {_CONNECTORS[type(node)]} '.join(parts)})", "boolean")


def _between(terms: Expressions, node: exp.Between) -> Typed:
    only(node, {"this", "low", "high", "negate"})
    parts, _ = terms.alike(node, [node.this, node.args["low"], node.args["high"]])
    sign = "NOT BETWEEN" if node.args.get("negate") else "BETWEEN"
    return Typed(f"({parts[0]} {sign} {parts[1]} AND {parts[2]})", "boolean")


def _is(terms: Expressions, node: exp.Is) -> Typed:
    right = node.expression
    if isinstance(right, exp.Null):
        return Typed(f"({terms.value(node.this).sql} IS NULL)", "boolean")
    if isinstance(right, exp.Boolean):
        word = "TRUE" if right.this else "FALSE"
        return Typed(f"({terms.truth(node.this)} IS {word})", "boolean")
    raise Untranslatable(node, node.sql("spark"), "IS NULL, IS TRUE or IS FALSE")


def _chosen(terms: Expressions, node: exp.Case) -> Typed:
    only(node, {"this", "ifs", "default"})
    conditions = []
    for branch in node.args["ifs"]:
        if node.this is None:
            conditions.append(terms.truth(branch.this))
        else:
            (left, right), _ = terms.alike(branch, [node.this, branch.this])
            conditions.append(f"{left} = {right}")
    results = [branch.args["true"] for branch in node.args["ifs"]]
    if (default := node.args.get("default")) is not None:
        results.append(default)
    values, kind = terms.alike(node, results)
    whens = " ".join(f"WHEN {c} THEN {v}" for c, v in zip(conditions, values, strict=False))
    rest = f" ELSE {values[-1]}" if default is not None else ""
    return Typed(f"CASE {whens}{rest} END", kind)


def _if(terms: Expressions, node: exp.If) -> Typed:
    only(node, {"this", "true", "false"})
    return _either(terms, node, terms.truth(node.this))


def _nvl2(terms: Expressions, node: exp.Nvl2) -> Typed:
    return _either(terms, node, f"{terms.value(node.this).sql} IS NOT NULL")


def _either(terms: Expressions, node: exp.Expr, condition: str) -> Typed:
    (true, false), kind = terms.alike(
        node, [node.args["true"], node.args.get("false") or exp.Null()]
    )
    return Typed(f"CASE WHEN {condition} THEN {true} ELSE {false} END", kind)


def _listed(function: str) -> Rule:
    def rule(terms: Expressions, node: exp.Func) -> Typed:
        parts, kind = terms.alike(node, [node.this, *node.expressions])
        return Typed(f"{function}({', '.join(parts)})", kind)

    return rule


def _nullif(terms: Expressions, node: exp.Nullif) -> Typed:
    value = terms.value(node.this)
    (left, right), _ = terms.alike(node, [node.this, node.expression])
    return Typed(f"CASE WHEN {left} = {right} THEN NULL ELSE {value.sql} END", value.type)


def _literal(_: Expressions, node: exp.Literal) -> Typed:
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


def _cast(terms: Expressions, node: exp.Cast) -> Typed:
    only(node, {"this", "to", "safe"})
    kind = neutral(node.to)
    if kind is None:
        raise Untranslatable(node, f"CAST AS {node.to.sql('spark')}", "a type of a contract")
    return duckdb_casts.converted(node, terms.value(node.this), kind)


_RULES: dict[type[exp.Expr], Rule] = {
    exp.Column: Expressions.column,
    exp.Subquery: Expressions.scalar,
    exp.Exists: Expressions.exists,
    exp.In: Expressions.contained,
    exp.Literal: _literal,
    exp.Null: lambda _, node: Typed("NULL", NULL),
    exp.Boolean: lambda _, node: Typed("TRUE" if node.this else "FALSE", "boolean"),
    exp.Paren: lambda terms, node: terms.value(node.this),
    exp.Cast: _cast,
    exp.TryCast: _cast,
    **dict.fromkeys(_SIGNS, _compared),
    **dict.fromkeys(_CONNECTORS, _connected),
    exp.Not: lambda terms, node: Typed(f"(NOT {terms.truth(node.this)})", "boolean"),
    exp.Between: _between,
    exp.Is: _is,
    exp.Case: _chosen,
    exp.If: _if,
    exp.Nvl2: _nvl2,
    exp.Coalesce: _listed("COALESCE"),
    exp.Greatest: _listed("GREATEST"),
    exp.Least: _listed("LEAST"),
    exp.Nullif: _nullif,
    **duckdb_numbers.RULES,
    **duckdb_text.RULES,
    **duckdb_dates.RULES,
    **duckdb_aggregates.RULES,
}
