"""A run's steps as lines that change while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from cli.screen import Screen
from dataplatform.ledger.engines import ENGINE_STEP, model_subject
from dataplatform.ledger.records import Run, Step
from dataplatform.naming import GOLD_MODELS

_BY_AN_ENGINE: Final = ("silver", "gold")
_MARKS = {"started": "[cyan]▸[/]", "done": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "·"}


def latest(steps: Sequence[Step]) -> list[Step]:
    """The newest state of each (step, dataset), in the order in which they began."""
    newest: dict[tuple[str, str], Step] = {}
    for step in with_engines(steps):
        newest[step.name, step.dataset] = step
    return list(newest.values())


def with_engines(steps: Sequence[Step]) -> list[Step]:
    """Steps that an engine does say which and why: `duckdb · 6 MB batch`; the choice is no step."""
    chosen: dict[str, str] = {}
    told: list[Step] = []
    for step in steps:
        if step.name == ENGINE_STEP:
            chosen[step.dataset] = step.detail
            continue
        engine = chosen.get(step.dataset, "")
        if step.name == "gold":
            engine = chosen.get(GOLD_MODELS) or chosen.get(model_subject(step.dataset), "")
        if step.name in _BY_AN_ENGINE and engine:
            step = replace(step, detail=" · ".join(filter(None, (engine, step.detail))))
        told.append(step)
    return told


def line(step: Step) -> str:
    """`✓ silver       sales          inserted 269,720 · duckdb · 62 MB batch`

    Counts come first: a narrow terminal cuts the end.
    """
    counts = "  ".join(f"{name} {value:,}" for name, value in step.counts.items() if value)
    text = " · ".join(filter(None, (counts, " ".join(step.detail.split()))))
    mark = _MARKS.get(step.state, " ")
    return f"    {mark} {step.name:<10} {step.dataset:<22} {escape(text[:120])}"


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
            self._live.update(Text(" ▸ pipeline     is started"))
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.__exit__(None, None, None)

    def show(self, run: Run, steps: Sequence[Step]) -> None:
        """Draw what is known now."""
        current = latest(steps)
        if self._live:
            rows = [Text(f" ▸ pipeline     run {run.run_id}")]
            rows += [Text.from_markup(line(step), emoji=False) for step in current[-24:]]
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
