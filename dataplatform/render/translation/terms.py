"""Terms of an expression of Spark SQL in DuckDB, each with the type that it has in Spark."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sqlglot import exp

from dataplatform.render.spark_types import common
from dataplatform.render.translation import casts
from dataplatform.render.typed import NULL, Typed, Untranslatable, cast, only, quoted

_FUNCTION = re.compile(r"\w+(?=\()")

_LONGEST = 1_000_000
"""Letters of one term: some functions write their argument several times, so that a dozen within
each other would be all of memory."""

Rule = Callable[["Terms", Any], Typed]
"""How one kind of expression is written."""


class Terms:
    """What the rules of all functions build on: a term's SQL, its type, and a type for several.

    Args:
        tables: alias -> the columns within reach, and their types.
        subquery: a subquery's SQL and columns.
    """

    rules: ClassVar[Mapping[type[exp.Expr], Rule]]

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
        rule = self.rules.get(type(node))
        if rule is None:
            name = _written(node)
            raise Untranslatable(node, f"{name}()", "what both engines compute alike")
        found = rule(self, node)
        if len(found.sql) > _LONGEST:
            said = (
                f"{type(node).__name__} of a term so deep that DuckDB's SQL is {_LONGEST:,} letters"
            )
            raise Untranslatable(node, said, "functions within fewer others")
        return found

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
                    casts.literal_as(item, v, moments[0]) if moments else v
                    for item, v in zip(items[index:], values[index:], strict=True)
                ]
                values[:index] = [
                    casts.literal_as(item, v, moments[0]) if moments else v
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


def _written(node: exp.Expr) -> str:
    """A function by the name that it has in Spark SQL, as people write it."""
    if isinstance(node, exp.Anonymous):
        return node.name
    call = _FUNCTION.match(node.sql("spark")) if isinstance(node, exp.Func) else None
    return call[0].lower() if call else node.key
