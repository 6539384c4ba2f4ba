"""Types of a SELECT's columns, where they can be known for certain.

Engines differ in what they make of sums, products and dates' parts; a gold table's type must not
depend on a guess, so for anything else the model says the type itself, with a CAST.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

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
_TEXT = (exp.Upper, exp.Lower, exp.Trim, exp.Concat, exp.ConcatWs, exp.Substring, exp.DPipe)
_TRUTH = (exp.Predicate, exp.Connector, exp.Not)


def select_types(query: exp.Query, schema: Schema) -> dict[str, str | None]:
    """Output column -> type, None where it can't be known; `query` has its columns qualified."""
    scope = build_scope(query)
    if scope is None:
        return dict.fromkeys(query.named_selects)
    return _scope_types(scope, schema)


def _scope_types(scope: Scope, schema: Schema) -> dict[str, str | None]:
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        sides = [list(_scope_types(side, schema).values()) for side in scope.union_scopes]
        return {
            name: kinds[0] if len(set(kinds)) == 1 else None
            for name, kinds in zip(expression.named_selects, zip(*sides, strict=True), strict=True)
        }
    return {select.alias_or_name: _type(select, scope, schema) for select in expression.selects}


def _type(node: exp.Expression, scope: Scope, schema: Schema) -> str | None:
    node = node.unalias().unnest()
    if isinstance(node, exp.Column):
        return _column_type(node, scope, schema)
    if isinstance(node, exp.Cast):
        return neutral(node.to)
    if isinstance(node, exp.Literal):
        return _literal_type(node)
    if isinstance(node, (exp.Boolean, *_TRUTH)):
        return "boolean"
    if isinstance(node, _TEXT):
        return "string"
    if isinstance(node, exp.Count):
        return "bigint"
    if isinstance(node, exp.RowNumber):
        return "int"
    if isinstance(node, (exp.Window, exp.Min, exp.Max)):
        return _type(node.this, scope, schema)
    branches = _branches(node)
    kinds = {_type(branch, scope, schema) for branch in branches}
    return kinds.pop() if len(kinds) == 1 else None


def _branches(node: exp.Expression) -> list[exp.Expression]:
    """Expressions one of which is the value; NULL has every type."""
    found: list[exp.Expression | None] = []
    if isinstance(node, exp.Coalesce):
        found = [node.this, *node.expressions]
    elif isinstance(node, exp.Case):
        found = [*(item.args.get("true") for item in node.args["ifs"]), node.args.get("default")]
    elif isinstance(node, exp.If):
        found = [node.args.get("true"), node.args.get("false")]
    return [branch for branch in found if branch is not None and not isinstance(branch, exp.Null)]


def _column_type(column: exp.Column, scope: Scope, schema: Schema) -> str | None:
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        return schema.get(source.db, {}).get(source.name, {}).get(column.name)
    if isinstance(source, Scope):
        return _scope_types(source, schema).get(column.name)
    return None


def _literal_type(node: exp.Literal) -> str | None:
    if node.is_string:
        return "string"
    return "int" if node.is_int and int(node.this) <= _INT_MAX else None


def neutral(kind: exp.DataType) -> str | None:
    """The platform's name of a type written in SQL; None where it has none."""
    if kind.this == exp.DataType.Type.DECIMAL:
        parts = [parameter.name for parameter in kind.expressions]
        return f"decimal({parts[0]},{parts[1] if len(parts) > 1 else 0})" if parts else None
    return _SIMPLE.get(kind.this)
