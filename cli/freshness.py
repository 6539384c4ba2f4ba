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
NO_DATA: Final = "no data yet"
NOTHING_PROMISED: Final = "nothing promised"

_SHOWN: Final = {FRESH: "[green]fresh[/]", LATE: "[red]late[/]", NO_DATA: "[yellow]no data yet[/]"}
_UNITS: Final = ((1440, "d"), (60, "h"), (1, "min"))


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """Of one dataset: age in seconds, None where nothing was published; promise in minutes."""

    dataset: str
    newest: str
    age: int | None
    promised: int | None

    @property
    def state(self) -> str:
        """As the alarm on the dataset's age sees it, which also takes silence for the worst."""
        if self.promised is None:
            return NOTHING_PROMISED
        if self.age is None:
            return NO_DATA
        return LATE if self.age >= self.promised * 60 else FRESH

    @property
    def broken(self) -> bool:
        """Whether a promise isn't kept."""
        return self.state in (LATE, NO_DATA)


def freshness(screen: Screen, stage: str | None) -> None:
    """Show every dataset's age; ends with exit code 3 where a promise isn't kept."""
    target = Target.choose(stage)
    now = datetime.now(UTC)
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
    return [
        Freshness(
            dataset=dataset.dataset,
            newest=arrived,
            age=age_of(arrived, now) if arrived else None,
            promised=dataset.freshness_minutes,
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
        pad_edge=False,
    )  # fmt: skip
    table.add_column("dataset", min_width=15)
    table.add_column("arrived (UTC)", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("promised", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for each in found:
        table.add_row(
            each.dataset,
            each.newest[:16].replace("T", " "),
            "" if each.age is None else duration(each.age // 60),
            "" if each.promised is None else duration(each.promised),
            _SHOWN.get(each.state, each.state),
        )
    return table


def _verdict(broken: Sequence[str]) -> str:
    return f"[red]✗[/] {len(broken)} of the promises aren't kept: {', '.join(broken)}."


def _as_json(each: Freshness) -> dict[str, Any]:
    return {
        "newest": each.newest or None,
        "age_seconds": each.age,
        "promised_seconds": None if each.promised is None else each.promised * 60,
        "state": each.state,
    }
