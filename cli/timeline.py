"""A run's steps as lines that change while it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from cli.screen import Screen
from dataplatform.ledger.records import Run, Step

_MARKS = {"started": "[cyan]▸[/]", "done": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "·"}


def latest(steps: Sequence[Step]) -> list[Step]:
    """The newest state of each (step, dataset), in the order in which they began."""
    newest: dict[tuple[str, str], Step] = {}
    for step in steps:
        newest[step.name, step.dataset] = step
    return list(newest.values())


def line(step: Step) -> str:
    """`✓ silver       sales          inserted 269,720`"""
    counts = "  ".join(f"{name} {value:,}" for name, value in step.counts.items() if value)
    text = " · ".join(part for part in (counts, step.detail) if part)
    mark = _MARKS.get(step.state, " ")
    return f"    {mark} {step.name:<14} {step.dataset:<26} {escape(text[:120])}"


class Timeline:
    """Shows a run: redrawn on a terminal, one line a finished step elsewhere."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._live = Live(console=screen.console, refresh_per_second=4) if screen.live else None
        self._said: set[tuple[str, str, str]] = set()
        self._named = False

    def __enter__(self) -> Timeline:
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.__exit__(None, None, None)

    def show(self, run: Run, steps: Sequence[Step]) -> None:
        """Draw what is known now."""
        current = latest(steps)
        if self._live:
            rows = [Text.from_markup(f" ▸ pipeline     run {run.run_id}")]
            rows += [Text.from_markup(line(step)) for step in current[-24:]]
            for row in rows:
                row.no_wrap, row.overflow = True, "ellipsis"  # one line a step, however narrow
            self._live.update(Group(*rows))
            return
        if not self._named:
            self._named = True
            self._screen.progress(f" ▸ pipeline     run {run.run_id}")
        for step in current:
            key = (step.name, step.dataset, step.at)
            if step.state != "started" and key not in self._said:
                self._said.add(key)
                self._screen.progress(line(step))
