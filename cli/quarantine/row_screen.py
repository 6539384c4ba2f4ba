"""How a row of quarantine looks: what was wrong first, then the record, however wide it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.markup import escape

from cli.quarantine.waiting import Row
from cli.screen import Screen

_INDENT: Final = "   "
_FIELDS: Final = 12
"""Of a record; those that a reason names are shown however many there are."""

_NAME: Final = 30
_TEXT_LINES: Final = 3


def show_row(screen: Screen, row: Row) -> None:
    """Say where it came from, every reason, and what was sent as far as it helps to see why."""
    at = "the whole object" if row.position is None else f"record {row.position:,}"
    under_way = "   [yellow]a replay is under way[/]" if row.under_way else ""
    screen.say(f"[bold]{escape(_plain(row.object))}[/]  {at}{under_way}")
    screen.say(f"{_INDENT}batch {row.batch_id}   {row.quarantined_at:%F %T} UTC")
    screen.say(f"{_INDENT}version {row.version}")
    for reason in row.reasons:
        screen.say(f"{_INDENT}[red]✗[/] {escape(_plain(reason))}")
    for line in _record(row.sent, row.reasons, screen.console.width - len(_INDENT)):
        screen.say(f"{_INDENT}{line}")
    screen.say()


def _record(sent: Any, reasons: tuple[str, ...], width: int) -> Iterator[str]:
    if isinstance(sent, Mapping):
        yield from _fields(sent, reasons, width)
    elif sent is not None:
        text = _plain(str(sent))
        room = width * _TEXT_LINES
        yield escape(text[:room])
        if len(text) > room:
            yield _more(f"{len(text) - room:,} more characters")


def _fields(sent: Mapping[str, Any], reasons: tuple[str, ...], width: int) -> Iterator[str]:
    """A line for each field, those that the reasons are about first."""
    about = {
        word for reason in reasons for word in re.findall(r"\w+", reason.partition(":")[0])
    }.intersection(sent)
    names = [*(name for name in sent if name in about), *(n for n in sent if n not in about)]
    shown = names[: max(_FIELDS, len(about))]
    column = min(max(map(len, shown), default=0), _NAME)
    for name in shown:
        value = _cut(_plain(_text(sent[name])), width - column - 2)
        line = f"{_cut(name, column):<{column}}  {value}"
        yield f"[bold]{escape(line)}[/]" if name in about else escape(line)
    if len(names) > len(shown):
        yield _more(f"{len(names) - len(shown):,} more fields")


def _more(what: str) -> str:
    return f"[dim]… and {what}: --json shows all[/]"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """One line that does nothing to a terminal: a record may hold any character but NUL."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
