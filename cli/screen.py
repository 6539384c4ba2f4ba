"""What a person sees: a console that degrades to plain text, and a `--json` twin of each screen."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import IntEnum
from typing import IO, Any
from uuid import UUID

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text

from dataplatform.errors import WeirError

_MARKS = " ✓✗!·▸"

_SILENT_SECONDS = 2

WIDTH = 100
"""Every screen fits this many columns."""


class Exit(IntEnum):
    """Exit codes, the same for every verb."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    DATA_WAITING = 3
    ENVIRONMENT = 4
    INTERRUPTED = 130


class WrongUsage(WeirError):
    """A verb was asked for what can't be; exit code 2."""


def plain_console(
    *, file: IO[str] | None = None, stderr: bool = False, width: int | None = None
) -> Console:
    """One that shows values as they are: to Rich the `:a:` of an IPv6 address is an emoji."""
    return Console(file=file, stderr=stderr, width=width, highlight=False, emoji=False)


def put(console: Console, shown: RenderableType, *, soft_wrap: bool = False) -> None:
    """Print it; into a pipe or a file without the blanks that fill lines up."""
    if console.is_terminal:
        console.print(shown, soft_wrap=soft_wrap)
        return
    with console.capture() as captured:
        console.print(shown, soft_wrap=soft_wrap)
    console.file.write("\n".join(line.rstrip() for line in captured.get().split("\n")))
    console.file.flush()


class Screen:
    """Where a verb writes: people's text to stdout, or to stderr where stdout carries JSON."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        wide = plain_console(stderr=as_json)
        self.console = plain_console(
            stderr=as_json, width=min(wide.width, WIDTH) if wide.is_terminal else WIDTH
        )

    @property
    def live(self) -> bool:
        """Whether lines can be redrawn."""
        return self.console.is_terminal

    def say(self, text: str = "") -> None:
        """A line for people, which may hold Rich markup; nothing where JSON was asked for.

        A terminal gets it broken between words, further lines below the first one's words.
        """
        if not self.as_json:
            _put(self.console, text)

    def show(self, shown: RenderableType) -> None:
        """A table for people; nothing where JSON was asked for."""
        if not self.as_json:
            put(self.console, shown)

    def progress(self, text: str) -> None:
        """A line about work under way: with `--json`, too, for then stderr takes it."""
        put(self.console, text, soft_wrap=True)

    def result(self, value: Any) -> None:
        """The verb's answer as JSON on stdout; nothing where `--json` wasn't asked for."""
        if self.as_json:
            sys.stdout.write(to_json(value) + "\n")

    def done(self, name: str, detail: str, note: str) -> None:
        """` ✓ synthesize   9 stacks · 214 resources      6.1 s`"""
        self.progress(_line("[green]✓[/]", name, detail, note, self.console.width))

    @contextmanager
    def task(self, name: str, doing: str) -> Iterator[Task]:
        """Show that something is under way, then how it ended and how long it took."""
        task = Task(name)
        if self.live:
            with self.console.status(_Ticking(name, doing)) as status:
                task.show = lambda text: status.update(_Ticking(name, text, task.started))
                yield task
        else:
            self.progress(f"   {name:<12} {doing} …")
            yield task
        task.seconds = time.monotonic() - task.started
        self.done(name, task.detail, task.note or f"{task.seconds:.1f} s")

    @contextmanager
    def waiting(self, name: str, doing: str) -> Iterator[None]:
        """Show on stderr that an answer is waited for, where it is a terminal; no line stays."""
        errors = plain_console(stderr=True)
        if not errors.is_terminal:
            yield
            return
        with errors.status(_Ticking(name, doing)):
            yield


class _Ticking:
    """What is under way, and from two seconds on for how long it has been."""

    def __init__(self, name: str, doing: str, started: float | None = None) -> None:
        self._text = f"{name:<12} {doing}"
        self._started = time.monotonic() if started is None else started

    def __rich__(self) -> Text:
        seconds = time.monotonic() - self._started
        ticks = f"   {seconds:.0f} s" if seconds >= _SILENT_SECONDS else ""
        return Text.assemble(self._text, (ticks, "dim"), no_wrap=True, overflow="ellipsis")


class Task:
    """Something under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.monotonic()
        self.seconds = 0.0
        self.detail = ""
        self.note = ""
        self.show = _silent


def _silent(text: str) -> None:
    """Progress of a screen that can't be redrawn."""


def _line(mark: str, name: str, detail: str, note: str, width: int) -> str:
    room = max(width - 27, 20)
    if len(detail) > room:
        detail = detail[: room - 1] + "…"
    return f" {mark} {name:<12} {escape(detail):<{room}} {note:>10}"


def _put(console: Console, markup: str) -> None:
    if not console.is_terminal:
        put(console, markup, soft_wrap=True)
        return
    for line in Text.from_markup(markup, emoji=False).split(allow_blank=True) or [Text()]:
        for part in _folded(line, console):
            console.print(part, soft_wrap=True)


def _folded(line: Text, console: Console) -> list[Text]:
    """A line in parts that fit; what marks it (` ✓ `, ` ! `) stands on the first alone."""
    if line.cell_len <= console.width:
        return [line]
    mark = len(line.plain) - len(line.plain.lstrip(_MARKS))
    first, rest = line.divide([mark])
    parts = rest.wrap(console, max(console.width - mark, 20))
    return [
        (first if number == 0 else Text(" " * mark)) + part for number, part in enumerate(parts)
    ]


def explain(console: Console, error: WeirError) -> None:
    """An error in three lines: what is wrong, why it matters, what to do next."""
    what, *more = str(error.what).splitlines() or [""]
    _put(console, f"[red]✗[/] {escape(what)}")
    for line in (*more, error.why, error.remedy):
        if line:
            _put(console, f"  {escape(line)}")


def to_json(value: Any) -> str:
    """JSON with exact decimals as strings and ISO dates."""
    return json.dumps(_finite(value), default=_plain, indent=2, ensure_ascii=False)


def number_of(count: int, name: str) -> str:
    """`1 record`, `2,000 records`"""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def as_text(value: Any) -> Any:
    """A value of a query for one cell: objects and arrays as JSON, anything else as it is."""
    if isinstance(value, dict | list):
        return json.dumps(_finite(value), default=_plain, ensure_ascii=False)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time_of_day):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal | UUID | timedelta):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _finite(value: Any) -> Any:
    """The value with NaN and the infinities as text: JSON has no such numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
