"""Fields of objects in a model's SQL: `address.city`, which reads like a column of a table."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from dataplatform.contracts.nesting import fields_of, is_nested, kind_in_words
from dataplatform.plans.sql_file import SqlFile, line_of
from dataplatform.plans.sql_names import Schema, columns_of
from dataplatform.suggestions import did_you_mean


def name_fields(query: exp.Query, schema: Schema) -> None:
    """Turn what was read as a column of a table into a field of a column, where it is that.

    A table's name goes before a column's, as in every engine.
    """
    for scope in traverse_scope(query):
        names = {
            name for source in scope.sources.values() for name in columns_of(source, schema) or ()
        }
        for column in list(scope.columns):
            first, *rest = column.parts
            if first.name in scope.sources and len(rest) > 1:
                head = exp.Column(this=rest[0].copy(), table=first.copy())
                fields = rest[1:]
            elif first.name not in scope.sources and first.name in names and rest:
                head, fields = exp.Column(this=first.copy()), rest
            else:
                continue
            column.replace(exp.Dot.build([head, *(field.copy() for field in fields)]))


def field_type(kind: str, name: str) -> str | None:
    """The type of an object's field; None where it has none of that name."""
    return dict(fields_of(kind)).get(name)


def refuse_nested(file: SqlFile, select: exp.Expr, kind: str) -> None:
    """Say that a table made by SQL has single values alone."""
    name = select.alias_or_name
    inner = fields_of(kind)
    remedy = f"Take single values of it: {name}.{inner[0][0]}." if inner else _EXPLODE
    expected = "a single value: the warehouse keeps no objects and arrays"
    file.add(line_of(select), name, kind_in_words(kind), expected, remedy)


def unknown_field(node: exp.Dot, kind: str) -> tuple[str, str]:
    """What is wrong with a field that there isn't: found, expected."""
    if not is_nested(kind):
        return node.sql("spark"), f"a column; {node.this.sql('spark')} is a {kind}, without fields"
    fields = [name for name, _ in fields_of(kind)]
    if not fields:
        return node.sql("spark"), f"no field of an array. {_EXPLODE}"
    near = did_you_mean(node.name, fields)
    listed = f"a field of {node.this.sql('spark')}: {', '.join(fields)}"
    return node.sql("spark"), f"{listed}. {near}".rstrip()


_EXPLODE = "With `-- engine: spark`: LATERAL VIEW EXPLODE(...) makes rows of an array."
