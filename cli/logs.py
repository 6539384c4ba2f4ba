"""`weir logs`"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape

from cli.log_entries import Entry, entries
from cli.log_lines import readable
from cli.screen import Screen, WrongUsage
from cli.target import Target
from dataplatform.suggestions import did_you_mean

_POLL_SECONDS = 2.0
_RECENT_MINUTES = 60


def logs(
    screen: Screen,
    stage: str | None,
    run_id: str | None,
    function: str | None,
    follow: bool,
    *,
    trace: bool = False,
) -> None:
    """Print what all the stage's functions and jobs said, oldest first; errors by their message.

    Args:
        trace: show what led to each error, below it.
    """
    target = Target.choose(stage)
    client = target.client("logs")
    start, end = _window(target, run_id)
    if function and not _groups(target, client, function):
        known = sorted({_short(target, name) for name in _groups(target, client, None)})
        near = did_you_mean(function, known)
        raise WrongUsage(
            f'no function or job "{function}" has logged anything',
            why="Nothing was read.",
            remedy=f"{near} Known: {', '.join(known) or 'none yet'}".strip(),
        )
    shown: list[dict[str, Any]] = []
    traced = 0

    def said() -> list[dict[str, Any]]:
        return sorted(_events(client, _groups(target, client, function), start, end), key=_moment)

    with screen.waiting("logs", "asking CloudWatch Logs"):
        events = said()
    while True:
        shown += events
        for entry in () if screen.as_json else _entries(events):
            traced += bool(entry.trace)
            _show(screen, target, entry, with_trace=trace)
        if not follow:
            break
        start = max((event["timestamp"] for event in events), default=start - 1) + 1
        time.sleep(_POLL_SECONDS)  # CloudWatch Logs is polled, as `aws logs tail` does
        events = said()
    if not shown:
        screen.say(f"No lines since {_clock(start)} UTC.")
    if traced and not trace:
        screen.say(f" Of {_errors(traced)} the trace is left out: the same with --trace shows it.")
    screen.result(shown)


def _entries(events: list[dict[str, Any]]) -> list[Entry]:
    return entries((e["group"], e["timestamp"], readable(e["message"])) for e in events)


def _show(screen: Screen, target: Target, entry: Entry, *, with_trace: bool) -> None:
    """A line of what was said, then what led to it."""
    place = f"[dim]{_clock(entry.timestamp)}[/] {escape(_short(target, entry.group)):<18}"
    first, *more = (entry.said or entry.lines[0]).split("\n")
    screen.say(f"{place} {f'[red]{escape(first)}[/]' if entry.is_error else escape(first)}")
    for line in more:
        screen.say(f"  {escape(line)}")
    if with_trace and entry.trace:
        for line in entry.trace.split("\n"):
            screen.say(f"  [dim]{escape(line)}[/]")


def _errors(count: int) -> str:
    return "one error" if count == 1 else f"{count:,} errors"


def _short(target: Target, group: str) -> str:
    return group.partition(target.names.resource(""))[2]


def _clock(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M:%S")


def _window(target: Target, run_id: str | None) -> tuple[int, int | None]:
    if run_id is None:
        return int((time.time() - _RECENT_MINUTES * 60) * 1000), None
    run = target.run(run_id)
    end = _epoch_ms(run.ended_at) + 5000 if run.ended_at else None
    return _epoch_ms(run.started_at) - 1000, end


def _epoch_ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _groups(target: Target, client: Any, function: str | None) -> list[str]:
    prefix = target.names.resource("")
    pages = client.get_paginator("describe_log_groups").paginate()
    # A group created between two pages may be on both.
    names = dict.fromkeys(group["logGroupName"] for page in pages for group in page["logGroups"])
    return [name for name in names if prefix in name and (function is None or function in name)]


def _events(
    client: Any, groups: list[str], start: int, end: int | None
) -> Iterator[dict[str, Any]]:
    window = {"startTime": start, **({"endTime": end} if end else {})}
    for group in groups:
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, **window)
        for page in pages:
            for event in page["events"]:
                yield {"group": group, "timestamp": event["timestamp"], "message": event["message"]}


def _moment(event: dict[str, Any]) -> int:
    return int(event["timestamp"])
