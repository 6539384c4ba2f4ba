"""A query in Spark SQL, rewritten for DuckDB part by part; what isn't known here is refused.

Nothing is passed through: a function or clause that both engines merely spell alike may still
differ in its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from dataplatform.plans.sql_names import Schema
from dataplatform.render.translation.expressions import Expressions
from dataplatform.render.typed import NULL, Typed, Untranslatable, only, quoted

Types = Mapping[str, str]
"""Column name -> type."""

_CLAUSES = {
    "with_", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct",
    "expressions", "kind", "operation_modifiers",
}  # fmt: skip
_SET_CLAUSES = {"with_", "this", "expression", "distinct", "order", "limit", "offset"}
_JOINS = {
    "": "JOIN", "INNER": "JOIN", "LEFT": "LEFT JOIN", "LEFT OUTER": "LEFT JOIN",
    "RIGHT": "RIGHT JOIN", "RIGHT OUTER": "RIGHT JOIN", "FULL": "FULL JOIN",
    "FULL OUTER": "FULL JOIN", "CROSS": "CROSS JOIN", "LEFT SEMI": "SEMI JOIN",
    "SEMI": "SEMI JOIN", "LEFT ANTI": "ANTI JOIN", "ANTI": "ANTI JOIN",
}  # fmt: skip
_SETS = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


@dataclass(frozen=True)
class Relation:
    """A query, table or subquery: its SQL and its columns' types, in order."""

    sql: str
    columns: Types


@dataclass(frozen=True)
class _Reach:
    """What names mean at one place: named queries, and tables of this query and those around."""

    named: Mapping[str, Types]
    tables: dict[str, Types] = field(default_factory=dict)


class QueryTranslator:
    """Translates queries over known tables.

    Args:
        schema: what there is to read.
        place: how a table is written.
    """

    def __init__(self, schema: Schema, place: Callable[[exp.Table], str]) -> None:
        self._schema = schema
        self._place = place

    def translate(self, query: exp.Expr) -> Relation:
        """A query whose columns are qualified, and whose `*` and positions are written out.

        Raises:
            Untranslatable: naming what can't be.
        """
        return self._query(query, _Reach({}))

    def _query(self, query: exp.Expr, around: _Reach) -> Relation:
        if isinstance(query, exp.Subquery):
            only(query, {"this"})
            inner = self._query(query.this, around)
            return Relation(f"({inner.sql})", inner.columns)
        withs, reach = self._with(query, around)
        if isinstance(query, exp.Select):
            found = self._select(query, reach)
        elif isinstance(query, exp.SetOperation):
            found = self._set(query, reach)
        else:
            raise Untranslatable(query, query.key.upper(), "a SELECT")
        return Relation(withs + found.sql, found.columns)

    def _with(self, query: exp.Expr, around: _Reach) -> tuple[str, _Reach]:
        given = query.args.get("with_")
        if given is None:
            return "", _Reach(around.named, around.tables)
        if given.args.get("recursive"):
            raise Untranslatable(given, "WITH RECURSIVE", "queries that don't read themselves")
        named = dict(around.named)
        parts = []
        for item in given.expressions:
            only(item, {"this", "alias"})
            if item.args["alias"].columns:
                raise Untranslatable(item, "WITH name (columns)", "names inside the query")
            inner = self._query(item.this, _Reach(named, around.tables))
            named[item.alias] = inner.columns
            parts.append(f"{quoted(item.alias)} AS ({inner.sql})")
        return f"WITH {', '.join(parts)}\n", _Reach(named, around.tables)

    def _select(self, select: exp.Select, around: _Reach) -> Relation:
        only(select, _CLAUSES)
        own: dict[str, Types] = {}
        reach = _Reach(around.named, own)
        sources = self._sources(select, reach, around)
        terms = self._expressions({**around.tables, **own}, around)
        joined = "".join(self._joined(*source, terms) for source in sources)
        columns: dict[str, str] = {}
        items = []
        for item in select.expressions:
            value = terms.value(item.unalias())
            columns[item.alias_or_name] = value.type
            items.append(f"{value.sql} AS {quoted(item.alias_or_name)}")
        distinct = ""
        if given := select.args.get("distinct"):
            only(given, set())
            distinct = "DISTINCT "
        sql = f"SELECT {distinct}\n  " + ",\n  ".join(items)
        if joined:
            sql += f"\nFROM {joined}"
        sql += self._filters(select, terms) + self._tail(select, terms, columns)
        return Relation(sql, columns)

    def _sources(
        self, select: exp.Select, reach: _Reach, around: _Reach
    ) -> list[tuple[exp.Join | None, str]]:
        """The tables of FROM and JOIN, and what they are called in DuckDB."""
        start = select.args.get("from_")
        joins: list[exp.Join] = select.args.get("joins") or []
        found: list[tuple[exp.Join | None, str]] = []
        for join, node in [(None, start.this)] if start else []:
            found.append((join, self._source(node, reach, around)))
        return found + [(join, self._source(join.this, reach, around)) for join in joins]

    def _source(self, node: exp.Expr, reach: _Reach, around: _Reach) -> str:
        alias = node.alias_or_name
        if isinstance(node, exp.Table):
            only(node, {"this", "db", "alias"})
            if not node.db and node.name in around.named:
                sql, columns = quoted(node.name), around.named[node.name]
            else:
                known = self._schema[node.db][node.name]
                columns = {name: column.type for name, column in known.items()}
                sql = self._place(node)
        elif isinstance(node, exp.Subquery):
            only(node, {"this", "alias"})
            inner = self._query(node.this, around)
            sql, columns = f"({inner.sql})", inner.columns
        else:
            raise Untranslatable(node, node.key.upper(), "a table or a subquery")
        given = node.args.get("alias")
        if given is not None and given.columns:
            raise Untranslatable(node, "alias (columns)", "names inside the subquery")
        reach.tables[alias] = columns
        return f"{sql} AS {quoted(alias)}"

    def _joined(self, join: exp.Join | None, sql: str, terms: Expressions) -> str:
        if join is None:
            return sql
        only(join, {"this", "side", "kind", "on"})
        on = join.args.get("on")
        kind = " ".join(word for word in (join.side, join.kind) if word)
        if kind not in _JOINS:
            raise Untranslatable(join, f"{kind} JOIN", f"one of {', '.join(filter(None, _JOINS))}")
        if on is None:
            if _JOINS[kind] not in ("JOIN", "CROSS JOIN"):
                raise Untranslatable(join, f"{kind} JOIN without ON", "a condition")
            return f"\nCROSS JOIN {sql}"
        return f"\n{_JOINS[kind]} {sql} ON {terms.truth(on)}"

    def _filters(self, select: exp.Select, terms: Expressions) -> str:
        sql = ""
        if where := select.args.get("where"):
            sql += f"\nWHERE {terms.truth(where.this)}"
        if group := select.args.get("group"):
            only(group, {"expressions"})
            sql += "\nGROUP BY " + ", ".join(terms.value(item).sql for item in group.expressions)
        if having := select.args.get("having"):
            sql += f"\nHAVING {terms.truth(having.this)}"
        return sql

    def _set(self, query: exp.SetOperation, reach: _Reach) -> Relation:
        only(query, _SET_CLAUSES)
        left, right = (self._query(side, reach) for side in (query.this, query.expression))
        for (name, kind), other in zip(left.columns.items(), right.columns.values(), strict=True):
            if kind != other or kind == NULL:
                found = f"{name}: {kind} and {other}"
                raise Untranslatable(query, found, "one type on both sides: CAST one of them")
        # Without a word Spark, too, takes each row once.
        every = " ALL" if query.args.get("distinct") is False else ""
        sql = f"({left.sql})\n{_SETS[type(query)]}{every}\n({right.sql})"
        return Relation(
            sql + self._tail(query, self._expressions({}, reach), left.columns), left.columns
        )

    def _tail(self, query: exp.Expr, terms: Expressions, columns: Types) -> str:
        """ORDER BY, LIMIT, OFFSET."""
        sql = ""
        if order := query.args.get("order"):
            sql += f"\nORDER BY {terms.ordering(order, columns)}"
        for key in ("limit", "offset"):
            if (given := query.args.get(key)) is None:
                continue
            only(given, {"expression"})
            count = given.expression
            if not (isinstance(count, exp.Literal) and count.is_int):
                raise Untranslatable(given, given.sql("spark"), "a whole number")
            sql += f"\n{key.upper()} {count.name}"
        return sql

    def _expressions(self, tables: Mapping[str, Types], around: _Reach) -> Expressions:
        def subquery(query: exp.Expr) -> tuple[str, list[Typed]]:
            inner = self._query(query, _Reach(around.named, dict(tables)))
            return inner.sql, [Typed(quoted(n), kind) for n, kind in inner.columns.items()]

        return Expressions(tables, subquery)
