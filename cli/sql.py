"""`weir sql`"""

from __future__ import annotations

import csv
import sys

from cli import summaries
from cli.screen import Screen
from cli.target import Target
from dataplatform.errors import WeirError
from dataplatform.plans.model import SummaryModel


class UnknownFormat(WeirError):
    """`--format` has a value that isn't known."""


def sql(screen: Screen, stage: str | None, query: str, form: str) -> None:
    """Run one query on the warehouse and show its rows."""
    if form not in ("table", "csv"):
        raise UnknownFormat(f"--format {form}", remedy="Known are table and csv; or --json.")
    rows = Target.choose(stage).warehouse.query(query)
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
        screen.console.print(shown)
