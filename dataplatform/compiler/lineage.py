"""Which columns of gold are made from a column of silver, through any number of models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from dataplatform.naming import CATALOG, Names, SilverColumn, Zone
from dataplatform.plans.model import GoldModel, PlatformPlan

Origin = tuple[str, str]
"""Table as `zone.name`, column."""


@dataclass(frozen=True)
class Reader:
    """A gold model that reads a column, by way of others too.

    columns: those of its own that are made from it; none where it only chooses or joins rows by it.
    key: which of those are of its key, and so never NULL.
    """

    model: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a gold model is made of, itself and not by way of others.

    columns: each of its own, with those that it is made from.
    rows: columns that only say which rows it has, or how they are put together.
    """

    model: str
    columns: Mapping[str, tuple[Origin, ...]]
    rows: tuple[Origin, ...]


@dataclass(frozen=True)
class _Origins:
    model: GoldModel
    columns: dict[str, set[Origin]]
    read: set[Origin]


class Lineage:
    """Of one compiled platform's gold models."""

    def __init__(self, plan: PlatformPlan) -> None:
        self._names = Names(plan.stage)
        schema = MappingSchema(_schema(plan), dialect="spark")
        self._models = [self._origins(model, schema) for model in plan.models]

    def readers(self, dataset: str, column: str) -> tuple[Reader, ...]:
        """The models that read a column of silver, in the order in which they are built."""
        made: set[Origin] = {(f"{Zone.SILVER}.{dataset}", column)}
        found = []
        for each in self._models:  # in their order, so what they read has been looked at
            if not each.read & made:
                continue
            own = tuple(name for name, origins in each.columns.items() if origins & made)
            made |= {(f"{Zone.GOLD}.{each.model.name}", name) for name in own}
            key = tuple(name for name in own if name in each.model.key)
            found.append(Reader(each.model.name, own, key))
        return tuple(found)

    def made(self) -> tuple[Made, ...]:
        """Every model, in the order in which they are built."""
        return tuple(
            Made(
                model=each.model.name,
                columns={name: tuple(sorted(of)) for name, of in each.columns.items()},
                rows=tuple(sorted(each.read.difference(*each.columns.values()))),
            )
            for each in self._models
        )

    def _origins(self, model: GoldModel, schema: MappingSchema) -> _Origins:
        query = qualify(
            parse_one(model.full_sql, dialect="spark"),
            schema=schema,
            dialect="spark",
            quote_identifiers=False,
        )
        scope = build_scope(query)
        assert scope is not None, "a model is a SELECT"
        read = {origin for inner in scope.traverse() for origin in self._all(inner)}
        return _Origins(model, self._outputs(scope), read)

    def _all(self, scope: Scope) -> Iterator[Origin]:
        for column in scope.columns:
            yield from self._of(column, scope)

    def _outputs(self, scope: Scope) -> dict[str, set[Origin]]:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            sides = [list(self._outputs(side).values()) for side in scope.set_operation_scopes]
            united = (set().union(*columns) for columns in zip(*sides, strict=True))
            return dict(zip(expression.named_selects, united, strict=True))
        if not isinstance(expression, exp.Query):
            return {}
        return {
            select.alias_or_name: set(self._within(select, scope)) for select in expression.selects
        }

    def _within(self, node: exp.Expr, scope: Scope) -> Iterator[Origin]:
        """Of every column in an expression; one in a subquery is that scope's."""
        inner = {id(c): sub for sub in scope.subquery_scopes for c in sub.columns}
        for column in node.find_all(exp.Column):
            yield from self._of(column, inner.get(id(column), scope))

    def _of(self, column: exp.Column, scope: Scope) -> Iterable[Origin]:
        at: Scope | None = scope
        while at is not None:
            source = at.sources.get(column.table)
            if isinstance(source, exp.Table):
                return [(self._names.short(f"{source.db}.{source.name}"), column.name)]
            if isinstance(source, Scope):
                return self._outputs(source).get(column.name, ())
            at = at.parent  # a correlated subquery names tables of the query around it
        return ()


def _schema(plan: PlatformPlan) -> dict[str, object]:
    found: dict[str, dict[str, object]] = {}
    system = {column.value: "string" for column in SilverColumn}
    for table, columns, own in (
        *((dataset.silver_table, dataset.columns, system) for dataset in plan.datasets),
        *((model.table, model.columns, {}) for model in plan.models),
    ):
        database, _, name = table.partition(".")
        types = {column.name: column.type for column in columns}
        found.setdefault(database, {})[name] = {**types, **own}
    return {CATALOG: found} if found else {}
