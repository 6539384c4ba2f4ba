"""`weir freshness`: how old each dataset's newest data is, against what its contract promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.table import Table

from cli.screen import Exit, Screen
from cli.target import Target
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import age_of
from dataplatform.plans.model import PlatformPlan

FRESH: Final = "fresh"
LATE: Final = "late"
WAITS: Final = "waits too long"
NO_DATA: Final = "no data yet"
NOTHING_PROMISED: Final = "nothing promised"

_SHOWN: Final = {
    **{FRESH: "[green]fresh[/]", LATE: "[red]late[/]", WAITS: "[red]waits too long[/]"},
    **{NO_DATA: "[yellow]no data yet[/]", NOTHING_PROMISED: "no promise"},
}
_UNITS: Final = ((1440, "d"), (60, "h"), (1, "min"))


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """Of one dataset: age in seconds, None where nothing was published; promise in minutes.

    waits: seconds for which its oldest unpublished object has waited; 0 where all are published.
    latency: the promise on that, in minutes.
    """

    dataset: str
    newest: str
    age: int | None
    promised: int | None
    waits: int = 0
    latency: int | None = None

    @property
    def state(self) -> str:
        """As the alarms on the dataset see it, which also take silence for the worst."""
        if self.promised is not None and self.age is None:
            return NO_DATA
        if self.promised is not None and self.age is not None and self.age >= self.promised * 60:
            return LATE
        if self.latency is not None and self.waits >= self.latency * 60:
            return WAITS
        return NOTHING_PROMISED if self.promised is None and self.latency is None else FRESH

    @property
    def broken(self) -> bool:
        """Whether a promise isn't kept."""
        return self.state in (LATE, NO_DATA, WAITS)


def freshness(screen: Screen, stage: str | None) -> None:
    """Show every dataset's age; ends with exit code 3 where a promise isn't kept."""
    target = Target.choose(stage)
    now = datetime.now(UTC)
    with screen.waiting("freshness", "asking the ledger"):
        found = measured(target.ledger, target.plan, now)
    screen.show(_table(found))
    broken = [each.dataset for each in found if each.broken]
    if broken:
        screen.say(f"\n {_verdict(broken)}   Look: ./weir status; bring new data in: ./weir run")
    screen.result(
        {
            "stage": target.stage,
            "measured": now.isoformat(timespec="seconds"),
            "datasets": {each.dataset: _as_json(each) for each in found},
        }
    )
    if broken:
        raise typer.Exit(Exit.DATA_WAITING)


def measured(ledger: Ledger, plan: PlatformPlan, now: datetime) -> list[Freshness]:
    """Each dataset of the plan: by when its newest published object arrived."""
    newest = {totals.dataset: totals.newest for totals in ledger.all_totals()}
    latencies = [each.dataset for each in plan.datasets if each.latency_minutes is not None]
    since = ledger.unpublished_since(latencies) if latencies else {}
    return [
        Freshness(
            dataset=dataset.dataset,
            newest=arrived,
            age=age_of(arrived, now) if arrived else None,
            promised=dataset.freshness_minutes,
            waits=age_of(since[dataset.dataset], now) if dataset.dataset in since else 0,
            latency=dataset.latency_minutes,
        )
        for dataset in plan.datasets
        for arrived in [newest.get(dataset.dataset, "")]
    ]


def duration(minutes: int) -> str:
    """`1 d 2 h`: the two largest units that matter."""
    words, rest = [], minutes
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words[:2]) or "0 min"


def _table(found: Sequence[Freshness]) -> Table:
    table = Table(
        title="Newest published data", title_justify="left", title_style="bold", box=None,
        pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("dataset", min_width=15)
    table.add_column("arrived (UTC)", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("promised", justify="right", no_wrap=True)
    latencies = any(each.latency is not None for each in found)
    for name in ("waits", "at most") if latencies else ():
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for each in found:
        waits = "" if each.latency is None else duration(each.waits // 60)
        most = "" if each.latency is None else duration(each.latency)
        table.add_row(
            each.dataset,
            each.newest[:16].replace("T", " "),
            "" if each.age is None else duration(each.age // 60),
            "" if each.promised is None else duration(each.promised),
            *((waits, most) if latencies else ()),
            _SHOWN.get(each.state, each.state),
        )
    return table


def _verdict(broken: Sequence[str]) -> str:
    verb = "isn't" if len(broken) == 1 else "aren't"
    return f"[red]✗[/] {len(broken)} of the promises {verb} kept: {', '.join(broken)}."


def _as_json(each: Freshness) -> dict[str, Any]:
    return {
        "newest": each.newest or None,
        "age_seconds": each.age,
        "promised_seconds": None if each.promised is None else each.promised * 60,
        "waits_seconds": None if each.latency is None else each.waits,
        "latency_seconds": None if each.latency is None else each.latency * 60,
        "state": each.state,
    }
