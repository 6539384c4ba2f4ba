"""`weir live`: what streams have brought, read where they land, before any run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import duckdb

from cli import summaries
from cli.live_events import Events, read_events
from cli.screen import Screen
from cli.target import ROOT, Target
from dataplatform.adapters.iceberg import open_table
from dataplatform.errors import InvalidModel, WeirError
from dataplatform.naming import Zone
from dataplatform.plans.model import PlatformPlan, SummaryModel
from dataplatform.plans.sql_file import SqlFile
from dataplatform.plans.sql_file import read as read_sql

_KEYS: Final = ("title", "stream")


class NoLiveModel(WeirError):
    """Nothing says what to show."""


def live(screen: Screen, stage: str | None, hours: int) -> None:
    """Show every `models/<domain>/live/*.sql` over the events of the last hours."""
    files = models(ROOT)
    if not files:
        raise NoLiveModel(
            "no model in models/<domain>/live/",
            why="A live model says what to show of a stream.",
            remedy="Write one: a SELECT from stream.<dataset> and gold.<model>.",
        )
    target = Target.choose(stage)
    shown = [_one(screen, target, file, hours) for file in files]
    screen.result(shown)


def models(root: Path) -> list[SqlFile]:
    """The live models of a project.

    Raises:
        InvalidModel: with every problem.
    """
    files = [read_sql(path, root, _KEYS, _KEYS) for path in sorted(root.glob("models/*/live/*"))]
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise InvalidModel(problems, why="Nothing was shown.")
    return files


def _one(screen: Screen, target: Target, file: SqlFile, hours: int) -> dict[str, Any]:
    plan = target.plan.dataset(file.header["stream"])
    found = read_events(target.client("s3"), target.output("LandingBucket"), plan, hours)
    rows = query(file, target.plan, found, lambda name: _gold(target, name))
    age = round(time.time() - found.newest, 1) if found.newest else None
    title = file.header["title"]
    if rows:
        table = summaries.table(SummaryModel(name=file.name, title=title, sql=""), rows)
        table.title = title
        screen.show(table)
        screen.say(f"\n {found.count:,} events of the last {hours} h; the newest is {age} s old.")
    else:
        screen.say(f" {title}: no events in the last {hours} h. Events land after about a minute.")
    if found.repeated or found.unusable:
        screen.say(
            f" {found.repeated:,} came again and count once; {found.unusable:,} don't fit the"
            " contract: the next run says why."
        )
    return {
        "model": file.name,
        "events": found.count,
        "repeated": found.repeated,
        "unusable": found.unusable,
        "newest_age_seconds": age,
        "rows": rows,
    }


def query(file: SqlFile, plan: PlatformPlan, events: Events, gold: Any) -> list[dict[str, Any]]:
    """A live model's rows, computed here: an idle stream costs nothing.

    Args:
        gold: name of a gold model -> its rows as an Arrow table.
    """
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA gold; CREATE SCHEMA stream")
        for model in plan.models:
            if f"gold.{model.name} " in file.text:
                connection.register("arrived", gold(model.name))
                connection.execute(f"CREATE TABLE gold.{model.name} AS FROM arrived")
        connection.register("arrived", events.table)
        connection.execute(f"CREATE TABLE stream.{file.header['stream']} AS FROM arrived")
        cursor = connection.execute(file.text)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _gold(target: Target, name: str) -> Any:
    return open_table(target.names.table(Zone.GOLD, name)).scan().to_arrow()
