"""A model's columns: those of its SELECT, each with a name and a type that are certain."""

from __future__ import annotations

from collections.abc import Container

from sqlglot import exp
from sqlglot.errors import OptimizeError

from dataplatform.contracts.nesting import is_nested
from dataplatform.plans.model import Column
from dataplatform.plans.sql_fields import refuse_nested
from dataplatform.plans.sql_file import COLUMN_NAME, SqlFile, line_of
from dataplatform.plans.sql_names import Schema
from dataplatform.plans.sql_types import likely_cast, qualified, select_columns
from dataplatform.suggestions import did_you_mean


def columns_of(file: SqlFile, query: exp.Query, schema: Schema) -> tuple[Column, ...]:
    """The SELECT's columns; a problem for each without name or certain type."""
    if query.is_star:
        remedy = "A table's columns are a promise; `*` changes them with its source."
        file.add(None, "SELECT *", "all columns", "each column by name", remedy)
        return ()
    try:
        known = select_columns(qualified(query, schema), schema)
    except OptimizeError as error:
        file.add(None, "(sql)", str(error), "columns that can be told apart")
        return ()
    columns: dict[str, Column] = {}
    for select in query.selects:
        name = select.alias_or_name
        column = known.get(name)
        if _is_well_named(file, select, columns) and column is None:
            written = select.unalias().sql("spark")
            remedy = f"Write CAST({written} AS {likely_cast(select)}), or what it is."
            file.add(
                line_of(select), name, "a type that can't be told for certain", "a CAST", remedy
            )
        elif column is not None and is_nested(column.type):
            refuse_nested(file, select, column.type)
        elif column is not None:
            columns[name] = column
    return tuple(columns.values())


def _is_well_named(file: SqlFile, select: exp.Expr, before: Container[str]) -> bool:
    name, line = select.alias_or_name, line_of(select)
    if not name:
        file.add(line, select.sql("spark"), "no name", "AS <name>")
    elif name in before:
        file.add(line, name, "a second column of this name", "each name once")
    elif not COLUMN_NAME.fullmatch(name):
        file.add(line, name, f'"{name}"', "lower-case letters, digits and underscores")
    else:
        return True
    return False


def header_columns(file: SqlFile, key: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The columns that a line of the header names; a problem for each that the SELECT lacks.

    One that is there, with a problem of its own, isn't told twice.
    """
    known = [column.name for column in columns]
    told = {problem.field for problem in file.problems}
    words = file.words(key)
    for word in sorted({word for word in words if words.count(word) > 1}):
        file.add(file.header_lines[key], key, f'"{word}", twice', "each column once")
    if known:
        for word in words:
            if word not in known and word not in told:
                expected = f"a column of the SELECT: {', '.join(known)}"
                file.add(
                    file.header_lines[key], key, f'"{word}"', expected, did_you_mean(word, known)
                )
    return words
