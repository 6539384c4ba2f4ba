"""`weir sql`"""

from __future__ import annotations

import csv
import sys
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli import summaries, tables
from cli.screen import Screen, WrongUsage, as_text, plain_console, put
from cli.target import Target
from dataplatform.adapters.warehouse import StatementRefused
from dataplatform.errors import WeirError
from dataplatform.plans.model import SummaryModel

_ANY_WIDTH = 100_000
"""Columns of a screen that no table is too wide for."""


class UnknownFormat(WeirError):
    """`--format` has a value that isn't known."""


def sql(
    screen: Screen, stage: str | None, query: str | None, form: str, on: str = "warehouse"
) -> None:
    """Run one query on the warehouse, or on the lake's tables, and show its rows.

    Args:
        query: a SELECT; a table's name for its columns; None for all tables.
    """
    if form not in ("table", "csv"):
        raise UnknownFormat(
            f'--format "{form}" isn\'t known',
            why="Nothing was asked of the warehouse.",
            remedy="Known are table and csv; or --json.",
        )
    target = Target.choose(stage)
    with screen.waiting("sql", f"asking the {on}"):
        rows = _rows(target, query, on)
    if screen.as_json:
        screen.result(rows)
    elif not rows:
        screen.say("No rows.")
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({name: as_text(value) for name, value in row.items()} for row in rows)
    else:
        _show(screen, rows)


def _rows(target: Target, query: str | None, on: str) -> list[dict[str, Any]]:
    if not query:
        return tables.listed(target, on)
    if table := tables.named(query):
        return tables.columns(target, *table)
    if on == "lake":
        from cli.lake_sql import ask_lake  # late: it knows sqlglot and PyIceberg

        return ask_lake(target, query)
    return _ask(target, query)


def _show(screen: Screen, rows: list[dict[str, Any]]) -> None:
    """A table; on a terminal too narrow for it a line for each value, so that none is cut."""
    shown = _table(rows)
    console = screen.console
    width = _width(screen, rows)
    if width <= console.width or not screen.live:
        put(plain_console(file=console.file, width=width), shown)
        return
    others = [{name: row[name] for name in list(row)[:-1]} for row in rows]
    if len(rows[0]) > 1 and _width(screen, others) <= console.width // 2:
        shown.columns[-1].overflow = "fold"  # as of a table's columns, whose types may be long
        console.print(shown)
        return
    wide = max(len(name) for name in rows[0])
    for position, row in enumerate(rows, 1):
        screen.say(f"[dim]row {position}[/]")
        for name, value in row.items():
            screen.say(f" {name:<{wide}}  {escape(summaries.cell(name, value))}")


def _table(rows: list[dict[str, Any]]) -> Table:
    shown = summaries.table(SummaryModel(name="", title="", sql=""), rows)
    shown.title = None
    return shown


def _width(screen: Screen, rows: list[dict[str, Any]]) -> int:
    """How many columns of a screen rows take, with nothing folded."""
    console = screen.console
    options = console.options.update(width=_ANY_WIDTH)
    return console.measure(_table(rows), options=options).maximum


def _ask(target: Target, query: str) -> list[dict[str, Any]]:
    """Rows of one query, in Redshift's SQL.

    Raises:
        WrongUsage: the warehouse refuses it, as the lake would.
        StatementFailed: it took too long, or somebody cancelled it.
    """
    try:
        return target.warehouse.query(query)
    except StatementRefused as error:
        known = ", ".join(row["table"] for row in tables.listed(target, "warehouse"))
        raise WrongUsage(
            error.what,
            why="Nothing was changed.",
            remedy=f"Tables: {known or 'none yet'}. Columns of one: ./weir sql gold.NAME",
        ) from error
