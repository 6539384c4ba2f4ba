"""`weir live`: what streams have brought, read where they land, before any run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
from rich.markup import escape
from rich.table import Table

from cli import summaries
from cli.live.events import MINUTES, Events, LiveStream
from cli.live.objects import contents, stream_objects, window
from cli.screen import Screen
from cli.sparkline import sparkline
from cli.target import Target
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import WeirError
from dataplatform.naming import Zone
from dataplatform.plans.model import LiveModel, SilverPlan

MEMORY: Final = "256MB"
"""What DuckDB may take; beyond that it uses the local disk."""

_REASONS: Final = 3


class NoLiveModel(WeirError):
    """Nothing says what to show."""


def live(screen: Screen, stage: str | None, hours: int) -> None:
    """Show every live model that is deployed, over the events of the last hours."""
    target = Target.choose(stage)
    plan = target.plan
    if not plan.live:
        raise NoLiveModel(
            f"no live model is deployed in stage {target.stage}",
            why="A live model says what to show of a stream.",
            remedy="Write models/<domain>/live/<name>.sql, a SELECT from stream.<dataset> and"
            " gold.<model>, and deploy it: ./weir up",
        )
    shown: list[dict[str, Any]] = []
    for stream in (plan.dataset(name) for name in sorted({model.stream for model in plan.live})):
        with database() as connection:
            events = _read(screen, target, connection, stream, hours)
            for model in plan.live:
                if model.stream == stream.dataset:
                    rows = query(connection, model, lambda name: _gold(target, name))
                    age = _age(events)
                    _show(screen, model, rows, events, age, hours)
                    shown.append(_json(model, rows, events, age))
    screen.result(shown)


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own on local disk, within `MEMORY`; an idle stream costs nothing."""
    with tempfile.TemporaryDirectory(prefix="weir-live-") as room:
        with duckdb.connect(Path(room) / "live.duckdb") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("CREATE SCHEMA gold; CREATE SCHEMA stream")
            yield connection


def query(
    connection: duckdb.DuckDBPyConnection,
    model: LiveModel,
    gold: Callable[[str], Any],
) -> list[dict[str, Any]]:
    """A live model's rows.

    Args:
        gold: name of a gold model -> its rows as an Arrow table or reader.
    """
    for name in model.gold:
        arrived = gold(name)
        connection.register("arrived_gold", arrived)
        connection.execute(f"CREATE TABLE IF NOT EXISTS gold.{name} AS FROM arrived_gold")
        connection.unregister("arrived_gold")
    cursor = connection.execute(model.sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _read(
    screen: Screen,
    target: Target,
    connection: duckdb.DuckDBPyConnection,
    stream: SilverPlan,
    hours: int,
) -> Events:
    s3, bucket = target.client("s3"), target.output("LandingBucket")
    now = datetime.now(UTC)
    since = window(now, hours)
    gathered = LiveStream(connection, stream)
    with screen.task(stream.dataset, "looking for events") as task:
        objects = stream_objects(s3, bucket, stream.dataset, since, now)
        for number, (item, chunks) in enumerate(contents(s3, bucket, objects), start=1):
            gathered.add(item.key, item.arrived, chunks)
            task.show(f"{number:,} of {len(objects):,} objects")
        events = gathered.seal(datetime.now(UTC))
        task.detail = f"{len(objects):,} objects since {since:%Y-%m-%d %H:%M} UTC"
    return events


def _gold(target: Target, name: str) -> Any:
    return open_table(target.names.table(Zone.GOLD, name)).scan().to_arrow_batch_reader()


def _age(events: Events) -> float | None:
    return round(time.time() - events.newest, 1) if events.newest else None


def _show(
    screen: Screen,
    model: LiveModel,
    rows: list[dict[str, Any]],
    events: Events,
    age: float | None,
    hours: int,
) -> None:
    screen.say()
    if rows and age is not None:
        screen.say(f"[bold]{escape(model.title)}[/]")  # a table's own title is wrapped to its width
        screen.show(summaries.rows_table("", rows))
        screen.say()
    else:
        screen.say(f" {model.title}: no events in the last {hours} h.")
        screen.say(" They land about a minute after they were put.")
    screen.show(_facts(events, age, screen.console.encoding))


def _facts(events: Events, age: float | None, encoding: str) -> Table:
    """What is known of the events, a line each; nothing that is zero."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    if age is not None:
        table.add_row("newest", f"{ago(age)} old")
        recent = f"{sum(events.by_minute):,} in the last {MINUTES} min"
        table.add_row("events", f"{events.count:,}; {recent}")
        blocks = sparkline(events.by_minute, encoding)
        if blocks:
            table.add_row("by minute", f"[cyan]{blocks}[/]")
    if events.repeated:
        table.add_row("repeated", f"{events.repeated:,} came again and count once")
    if events.deleted:
        table.add_row("deleted", f"{events.deleted:,} by their newest event")
    if events.unusable:
        listed = [f"{n:,} {reason}" for reason, n in list(events.reasons.items())[:_REASONS]]
        more = len(events.reasons) - len(listed)
        also = f"; {more} more reasons" if more > 0 else ""
        table.add_row(
            "[yellow]unusable[/]",
            escape(f"{events.unusable:,}, which a run quarantines: {', '.join(listed)}{also}"),
        )
    return table


def ago(seconds: float) -> str:
    """An age as people say it: 42 s, 7 min, 3 h 5 min."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _json(
    model: LiveModel, rows: list[dict[str, Any]], events: Events, age: float | None
) -> dict[str, Any]:
    return {
        "model": model.name,
        "stream": model.stream,
        "events": events.count,
        "repeated": events.repeated,
        "deleted": events.deleted,
        "unusable": events.unusable,
        "reasons": events.reasons,
        "newest_age_seconds": age,
        "by_minute": events.by_minute,
        "rows": rows,
    }
