"""`weir quarantine`: what was rejected, why, and once more through the pipeline."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from cli.quarantine.row_screen import show_row
from cli.quarantine.waiting import Quarantine, Row, kind_of
from cli.screen import Screen, number_of
from cli.sql import UnknownFormat
from cli.target import Target, dataset_of

FORMATS: Final = ("table", "csv", "json")
_CSV: Final = (
    "dataset",
    "batch",
    "object",
    "version",
    "position",
    "reasons",
    "record",
    "quarantined_at",
)


@dataclass
class Kind:
    """Rows of a dataset that share a kind of reason; a row with several reasons is in several."""

    dataset: str
    reason: str
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    batches: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count a row."""
        seen = row.quarantined_at
        self.rows += 1
        self.first = min(self.first or seen, seen)
        self.last = max(self.last or seen, seen)
        self.batches.add(row.batch_id)

    def to_dict(self) -> dict[str, Any]:
        """What `--json` shows."""
        return {
            "dataset": self.dataset,
            "reason": self.reason,
            "rows": self.rows,
            "first_seen": self.first,
            "last_seen": self.last,
            "batches": sorted(self.batches),
        }


def ls(screen: Screen, stage: str | None, dataset: str | None) -> None:
    """Show how many rows wait, by dataset and kind of reason."""
    target = Target.choose(stage)
    names = [dataset] if dataset else [plan.dataset for plan in target.plan.datasets]
    kinds: list[Kind] = []
    waiting: dict[str, int] = {}
    with screen.task("quarantine", "reading") as task:
        for name in names:
            place = Quarantine(target, dataset_of(target.plan, name).dataset)
            waiting[name] = sum(batch.waiting for batch in place.batches.values())
            task.show(name)
            kinds += _kinds(place.rows(records=False), name)
        task.detail = f"{number_of(sum(waiting.values()), 'row')} there"
    if kinds:
        screen.show(_table(kinds))
        screen.say(f"\n Each with every reason: ./weir quarantine show {kinds[0].dataset}")
        screen.say(f" After mending: ./weir quarantine replay {kinds[0].dataset}")
    else:
        screen.say(" Nothing waits in quarantine.")
    screen.result({"waiting": waiting, "reasons": [kind.to_dict() for kind in kinds]})


def show(
    screen: Screen,
    stage: str | None,
    dataset: str,
    *,
    batch: str,
    reason: str,
    limit: int,
    form: str,
) -> None:
    """Show rows with every reason and what was sent, in the order in which they were rejected."""
    if form not in FORMATS:
        raise UnknownFormat(
            f'--format "{form}" isn\'t known',
            why="Nothing was read.",
            remedy=f"Known are {', '.join(FORMATS)}.",
        )
    target = Target.choose(stage)
    place = Quarantine(target, dataset_of(target.plan, dataset).dataset)
    rows = nsmallest(limit, place.rows(batch=batch, reason=reason), key=lambda row: row.place)
    if screen.as_json or form == "json":
        Screen(as_json=True).result([row.to_dict() for row in rows])
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(_CSV)
        writer.writerows(_line(row) for row in rows)
    else:
        for row in rows:
            show_row(screen, row)
        screen.say(_summary(place, rows, limit))


def _kinds(rows: Iterable[Row], dataset: str) -> list[Kind]:
    kinds: dict[str, Kind] = {}
    for row in rows:
        for reason in dict.fromkeys(map(kind_of, row.reasons)):
            kinds.setdefault(reason, Kind(dataset, reason)).add(row)
    return sorted(kinds.values(), key=lambda kind: -kind.rows)


def _table(kinds: Sequence[Kind]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("dataset", no_wrap=True)
    table.add_column("reason", min_width=16, overflow="fold")
    for name in ("rows", "batches"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("first seen", "last seen"):
        table.add_column(name, no_wrap=True)
    for kind in kinds:
        seen = [f"{at:%Y-%m-%d}" if at else "" for at in (kind.first, kind.last)]
        figures = (f"{kind.rows:,}", f"{len(kind.batches):,}")
        table.add_row(kind.dataset, escape(kind.reason), *figures, *seen)
    return table


def _line(row: Row) -> list[Any]:
    shown = row.to_dict()
    shown["reasons"] = json.dumps(shown["reasons"], ensure_ascii=False)
    shown["record"] = row.record or ""
    return [shown[name] for name in _CSV]


def _summary(place: Quarantine, rows: Sequence[Row], limit: int) -> str:
    waiting = sum(batch.waiting for batch in place.batches.values())
    if not rows:
        return f" No such row of {place.dataset} waits in quarantine; {waiting:,} do in all."
    more = f"; --limit {waiting} shows all" if len(rows) == limit < waiting else ""
    return f" {len(rows):,} shown of {waiting:,} that wait in quarantine{more}."
