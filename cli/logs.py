"""`weir logs`"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape

from cli.log_lines import readable
from cli.screen import Screen
from cli.target import Target

_POLL_SECONDS = 2.0
_RECENT_MINUTES = 60


def logs(
    screen: Screen, stage: str | None, run_id: str | None, function: str | None, follow: bool
) -> None:
    """Print events of all the stage's functions and jobs, oldest first."""
    target = Target.choose(stage)
    client = target.client("logs")
    start, end = _window(target, run_id)
    shown: list[dict[str, Any]] = []
    while True:
        events = sorted(_events(client, _groups(target, client, function), start, end), key=_moment)
        for event in events:
            if screen.as_json:
                shown.append(event)
            elif text := readable(event["message"]):
                _show(screen, target, event, text)
        if not follow:
            break
        start = max((event["timestamp"] for event in events), default=start - 1) + 1
        time.sleep(_POLL_SECONDS)  # CloudWatch Logs is polled, as `aws logs tail` does
    screen.result(shown)


def _show(screen: Screen, target: Target, event: dict[str, Any], text: str) -> None:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).strftime("%H:%M:%S")
    name = event["group"].partition(target.names.resource(""))[2]
    screen.say(f"[dim]{at}[/] {escape(name):<18} {escape(text)}")


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
