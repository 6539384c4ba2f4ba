"""Whether a query over a dataset's records gives one figure, always: what a rule of type sql is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dataplatform.naming import Zone
from dataplatform.plans.sql_file import SqlFile
from dataplatform.plans.sql_names import tables

_ONE_FIGURE = "a SELECT of one aggregate: SELECT COUNT(*) FROM ${object} WHERE ..."
_RECORDS = "${object}: the records of the batch"
_MORE_ROWS = ("group", "having", "limit", "offset", "distinct", "order", "qualify", "laterals")


def reads_own(file: SqlFile, query: exp.Query, dataset: str) -> bool:
    """Note each table that isn't the dataset's own; its own gets the lake's name."""
    read = tables(query)
    if not read:
        file.add(None, "", "no table", f"FROM {_RECORDS}")
    for table in read:
        if table.name != dataset or table.db or table.catalog:
            file.add(
                None,
                "",
                f'the table "{exp.table_name(table)}"',
                _RECORDS,
                "A rule sees its own dataset's records; compare datasets in a gold model.",
            )
        else:
            table.set("db", exp.to_identifier(Zone.SILVER.value))
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
    return not file.problems


def one_figure(file: SqlFile, query: exp.Query) -> exp.Select | None:
    """The query, columns qualified, if it has exactly one row and column; else None, and a problem.

    Engines refuse an aggregate of aggregates, or a column beside one, only when they are asked.
    """
    found, remedy = _fault(query)
    if found:
        file.add(None, "", found, _ONE_FIGURE, remedy)
        return None
    for select in query.find_all(exp.Select):
        if wrong := _misplaced(select):
            written = f"{wrong.sql('spark')} in {select.sql('spark')}"
            expected = "columns inside aggregates or GROUP BY, and aggregates not inside others"
            file.add(None, "", written, expected)
            return None
    return query if isinstance(query, exp.Select) else None


def ungrouped(query: exp.Query) -> exp.Expr | None:
    """A column beside aggregates that isn't grouped by: every engine refuses it, but only when it
    is asked. Groups by more than a list of terms, and windows over aggregates, are left to them.
    """
    for select in query.find_all(exp.Select):
        group = select.args.get("group")
        if group and any(value for key, value in group.args.items() if key != "expressions"):
            continue
        if any(select.find_all(exp.Window)):
            continue
        wrong = _misplaced(select)
        if isinstance(wrong, exp.Column):
            return wrong
    return None


def _fault(query: exp.Query) -> tuple[str, str]:
    """What makes it more than one figure, and the remedy."""
    if not isinstance(query, exp.Select):
        return query.key.upper(), ""
    if len(query.selects) != 1:
        return f"{len(query.selects)} columns", ""
    for clause in _MORE_ROWS:
        if query.args.get(clause):
            remedy = "Put it into a subquery: SELECT COUNT(*) FROM (SELECT ... GROUP BY ...) AS g."
            return f"{clause.upper()}, which gives any number of rows", remedy
    if not any(_aggregates(query)):
        return f"{query.selects[0].unalias().sql('spark')}, a value for each record", ""
    return "", ""


def _misplaced(select: exp.Select) -> exp.Expr | None:
    """An aggregate where none may be, or a column beside one that isn't grouped by."""
    where = select.args.get("where")
    aggregates = list(_aggregates(select))
    for aggregate in aggregates:
        inside = aggregate.find_ancestor(exp.AggFunc, exp.Query)
        if isinstance(inside, exp.AggFunc) or (where and _is_within(aggregate, where)):
            return aggregate
    group = select.args.get("group")
    if not aggregates and group is None:
        return None
    grouped = {item.sql() for item in group.expressions} if group else set()
    having = select.args.get("having")
    for part in [*select.selects, *([having] if having else [])]:
        column: exp.Expr
        for column in part.find_all(exp.Column):
            if column.find_ancestor(exp.Query) is select and not _is_kept(column, select, grouped):
                return column
    return None


def _aggregates(select: exp.Select) -> Iterator[exp.Expr]:
    """The aggregates of a query itself; not those of its subqueries, nor window functions."""
    for found in select.find_all(exp.AggFunc):
        around = found.parent.parent if isinstance(found.parent, exp.Filter) else found.parent
        if found.find_ancestor(exp.Query) is select and not isinstance(around, exp.Window):
            yield found


def _is_kept(column: exp.Expr, select: exp.Select, grouped: set[str]) -> bool:
    """Whether a column has one value in each group."""
    at: exp.Expr | None = column
    while at is not None and at is not select:
        if isinstance(at, (exp.AggFunc, exp.Filter)) or at.sql() in grouped:
            return True
        at = at.parent
    return False


def _is_within(node: exp.Expr, around: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None:
        if at is around:
            return True
        at = at.parent
    return False
