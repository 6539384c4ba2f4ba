"""What the warehouse says: the summary models' rows, shown and as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.screen import as_text
from cli.target import Target
from dataplatform.plans.model import SummaryModel

CHANGE = "change"

FIGURE = "figure"
"""A summary whose first column has this name gives one named figure a row."""


def read(target: Target) -> dict[str, list[dict[str, Any]]]:
    """Rows of every summary model, read from the warehouse."""
    return {summary.name: target.warehouse.query(summary.sql) for summary in target.plan.summaries}


def as_json(rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Figures by their name; other summaries as lists of rows."""
    found: dict[str, Any] = {}
    for name, listed in rows.items():
        if listed and FIGURE in listed[0]:
            for row in listed:
                found[str(row[FIGURE])] = {k: v for k, v in row.items() if k != FIGURE}
        else:
            found[name] = listed
    return found


def tables(target: Target, rows: dict[str, list[dict[str, Any]]]) -> list[Table]:
    """A table for each summary that isn't a list of figures."""
    return [
        table(summary, rows[summary.name])
        for summary in target.plan.summaries
        if rows[summary.name] and FIGURE not in rows[summary.name][0]
    ]


def table(summary: SummaryModel, rows: list[dict[str, Any]]) -> Table:
    """One summary's rows, or its pivot."""
    title = f"{summary.title}, from the warehouse"
    if summary.pivot:
        rows = pivoted(rows, *summary.pivot)
        title += f": {summary.pivot[1]}"
    return rows_table(title, rows)


def rows_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Rows under a title, if it isn't empty; figures to the right, nothing taken for markup."""
    shown = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        right = name == CHANGE or all(isinstance(v, int | float | Decimal) for v in values)
        shown.add_column(Text(name), justify="right" if right else "left", min_width=8)
    for row in rows:
        shown.add_row(*(Text(cell(name, value)) for name, value in row.items()))
    return shown


def pivoted(rows: list[dict[str, Any]], across: str, figure: str) -> list[dict[str, Any]]:
    """Rows with a column for each value of `across`, and how far the last is from the first.

    Columns besides these two that hold text name a row; other figures are left out.
    """
    heads = sorted({row[across] for row in rows})
    names = [name for name, value in rows[0].items() if isinstance(value, str) and name != across]
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        label = tuple(row[name] for name in names)
        entry = found.setdefault(
            label, dict(zip(names, label, strict=True)) | {str(head): None for head in heads}
        )
        entry[str(row[across])] = row[figure]
    if len(heads) > 1:
        for entry in found.values():
            entry[CHANGE] = _change(entry[str(heads[0])], entry[str(heads[-1])])
    return list(found.values())


def _change(before: Any, after: Any) -> str | None:
    return f"{(after - before) / before:+.1%}" if before and after is not None else None


def cell(name: str, value: Any) -> str:
    """A value as people read it: thousands separated, years not."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and "year" not in name:
        return f"{value:,}" if not name.endswith("_id") else str(value)
    if isinstance(value, Decimal):
        return f"{value:,}"
    return str(as_text(value))
