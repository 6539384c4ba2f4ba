"""`weir sql`"""

from __future__ import annotations

import csv
import sys
from typing import Any

from cli import summaries
from cli.screen import Screen
from cli.target import Target
from dataplatform.adapters.warehouse import StatementFailed
from dataplatform.errors import WeirError
from dataplatform.plans.model import SummaryModel


class UnknownFormat(WeirError):
    """`--format` has a value that isn't known."""


def sql(screen: Screen, stage: str | None, query: str, form: str) -> None:
    """Run one query on the warehouse and show its rows."""
    if form not in ("table", "csv"):
        raise UnknownFormat(
            f'--format "{form}" isn\'t known',
            why="Nothing was asked of the warehouse.",
            remedy="Known are table and csv; or --json.",
        )
    rows = _ask(Target.choose(stage), query)
    if screen.as_json:
        screen.result(rows)
    elif not rows:
        screen.say("No rows.")
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    else:
        shown = summaries.table(SummaryModel(name="", title="Rows", sql=query), rows)
        shown.title = None
        screen.show(shown)


def _ask(target: Target, query: str) -> list[dict[str, Any]]:
    try:
        return target.warehouse.query(query)
    except StatementFailed as error:
        tables = ", ".join(f"gold.{model.name}" for model in target.plan.models)
        raise StatementFailed(
            error.what, why="Nothing was changed.", remedy=f"Tables: {tables or 'none yet'}"
        ) from error
