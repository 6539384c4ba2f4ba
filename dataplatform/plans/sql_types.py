"""What is known of a SELECT's columns: types for certain, and what they inherit.

Engines differ in what they make of sums, products and dates' parts; a gold table's type must not
depend on a guess, so for anything else the model says the type itself, with a CAST.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from dataplatform.contracts.sensitivity import strictest
from dataplatform.plans.model import Column
from dataplatform.plans.sql_fields import field_type
from dataplatform.plans.sql_names import Schema

_INT_MAX = 2**31 - 1
_SIMPLE = {
    exp.DataType.Type.BOOLEAN: "boolean",
    exp.DataType.Type.TINYINT: "int",
    exp.DataType.Type.SMALLINT: "int",
    exp.DataType.Type.INT: "int",
    exp.DataType.Type.BIGINT: "bigint",
    exp.DataType.Type.DOUBLE: "double",
    exp.DataType.Type.TEXT: "string",
    exp.DataType.Type.VARCHAR: "string",
    exp.DataType.Type.CHAR: "string",
    exp.DataType.Type.DATE: "date",
    exp.DataType.Type.TIMESTAMP: "timestamp",
    exp.DataType.Type.TIMESTAMPTZ: "timestamp",
    exp.DataType.Type.TIMESTAMPLTZ: "timestamp",
}
_TEXT = (
    *(exp.Upper, exp.Lower, exp.Trim, exp.Concat, exp.ConcatWs, exp.Substring, exp.DPipe),
    *(exp.Left, exp.Right, exp.Replace),
)
_DAYS = (exp.TsOrDsToDate, exp.Date, exp.TsOrDsAdd, exp.AddMonths, exp.LastDay, exp.DateTrunc)
"""TO_DATE, DATE_ADD, ADD_MONTHS, LAST_DAY, TRUNC: days, whatever they are of."""
_TRUTH = (exp.Predicate, exp.Connector, exp.Not)


def select_columns(query: exp.Query, schema: Schema) -> dict[str, Column | None]:
    """Output columns, None for one whose type can't be known; `query`'s names are qualified.

    A column that is passed on as it stands keeps its description and length. Whatever is made from
    classified columns is classified as the most sensitive of them; a count of them is not.
    """
    scope = build_scope(query)
    return {} if scope is None else _outputs(scope, schema)


def qualified(query: exp.Query, schema: Schema) -> exp.Query:
    """A copy in which each column stands with its table, and `*`, USING and positions written out.

    Raises:
        OptimizeError: a column can't be told.
    """
    types: dict[str, object] = {
        zone: {
            name: {column.name: column.type for column in table.values()}
            for name, table in named.items()
        }
        for zone, named in schema.items()
    }
    found = qualify(
        query.copy(),
        schema=MappingSchema(types, dialect="spark"),
        dialect="spark",
        quote_identifiers=False,
    )
    if not isinstance(found, exp.Query):
        raise TypeError(f"a query became {found.key}")
    return found


def likely_cast(node: exp.Expr) -> str:
    """The type to offer for an expression of which none is certain, in Spark SQL."""
    node = node.unalias().unnest()
    if isinstance(node, exp.TimeToStr | exp.Initcap | exp.Bracket | exp.RegexpExtract):
        return "STRING"
    if isinstance(node, exp.Year | exp.Month | exp.Day | exp.Hour | exp.Extract | exp.Quarter):
        return "INT"
    if isinstance(node, exp.DateDiff | exp.Length | exp.Rank | exp.DenseRank | exp.Week):
        return "INT"
    if isinstance(node, exp.ArraySize):
        return "INT"
    if isinstance(node, exp.CountIf | exp.IntDiv):
        return "BIGINT"
    if isinstance(node, exp.CurrentTimestamp):
        return "TIMESTAMP"
    if isinstance(node, exp.CurrentDate):
        return "DATE"
    return "DECIMAL(20,4)"


def neutral(kind: exp.DataType) -> str | None:
    """The platform's name of a type written in SQL; None where it has none."""
    if kind.this == exp.DataType.Type.DECIMAL:
        parts = [parameter.name for parameter in kind.expressions]
        return f"decimal({parts[0]},{parts[1] if len(parts) > 1 else 0})" if parts else None
    return _SIMPLE.get(kind.this)


def _outputs(scope: Scope, schema: Schema) -> dict[str, Column | None]:
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        sides = [list(_outputs(side, schema).values()) for side in scope.set_operation_scopes]
        names = expression.named_selects
        return {
            name: _united(name, columns)
            for name, columns in zip(names, zip(*sides, strict=True), strict=True)
        }
    if not isinstance(expression, exp.Query):
        return {}
    return {select.alias_or_name: _output(select, scope, schema) for select in expression.selects}


def _output(select: exp.Expr, scope: Scope, schema: Schema) -> Column | None:
    node = select.unalias().unnest()
    name = select.alias_or_name
    if isinstance(node, exp.Column):
        origin = _origin(node, scope, schema)
        return replace(origin, name=name, required=False, id="", field="") if origin else None
    kind = _type(node, scope, schema)
    if kind is None:
        return None
    sources = [_origin(column, scope, schema) for column in _revealed(node)]
    classes = [source.classification for source in sources if source]
    return Column(name=name, type=kind, classification=strictest(classes))


def _united(name: str, columns: tuple[Column | None, ...]) -> Column | None:
    known = [column for column in columns if column is not None]
    if len(known) < len(columns) or len({column.type for column in known}) != 1:
        return None
    classification = strictest([column.classification for column in known])
    return Column(name=name, type=known[0].type, classification=classification)


def _type(node: exp.Expr, scope: Scope, schema: Schema) -> str | None:
    node = node.unnest()
    if isinstance(node, exp.Column):
        origin = _origin(node, scope, schema)
        return origin.type if origin else None
    if isinstance(node, exp.Dot):
        return field_type(_type(node.this, scope, schema) or "", node.name)
    if isinstance(node, exp.Cast):
        return neutral(node.to)
    if isinstance(node, exp.Literal):
        return _literal_type(node)
    if isinstance(node, (exp.Window, exp.Min, exp.Max)):
        return _type(node.this, scope, schema)
    for classes, kind in _KINDS:
        if isinstance(node, classes):
            return kind
    kinds = {_type(branch, scope, schema) for branch in _branches(node)}
    return kinds.pop() if len(kinds) == 1 else None


_KINDS: tuple[tuple[tuple[type[exp.Expr], ...], str], ...] = (
    ((exp.Boolean, *_TRUTH), "boolean"),
    (_TEXT, "string"),
    (_DAYS, "date"),
    ((exp.TimestampTrunc,), "timestamp"),
    ((exp.Count,), "bigint"),
    ((exp.RowNumber,), "int"),
)


def _branches(node: exp.Expr) -> list[exp.Expr]:
    """Expressions one of which is the value; NULL has every type."""
    found: list[exp.Expr | None] = []
    if isinstance(node, exp.Coalesce):
        found = [node.this, *node.expressions]
    elif isinstance(node, exp.Case):
        found = [*(item.args.get("true") for item in node.args["ifs"]), node.args.get("default")]
    elif isinstance(node, exp.If):
        found = [node.args.get("true"), node.args.get("false")]
    return [branch for branch in found if branch is not None and not isinstance(branch, exp.Null)]


def _origin(column: exp.Column, scope: Scope, schema: Schema) -> Column | None:
    """The table's column that a name stands for, through any WITH and subquery."""
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        return schema.get(source.db, {}).get(source.name, {}).get(column.name)
    if isinstance(source, Scope):
        return _outputs(source, schema).get(column.name)
    return None


def _revealed(node: exp.Expr) -> Iterator[exp.Column]:
    """Columns whose values can be told from the node's."""
    for column in node.find_all(exp.Column):
        if column.find_ancestor(exp.Count) is None:
            yield column


def _literal_type(node: exp.Literal) -> str | None:
    if node.is_string:
        return "string"
    return "int" if node.is_int and int(node.this) <= _INT_MAX else None
