"""Log events as what was said, errors before the trace that leads to them.

CloudWatch has an error as one event of many lines, or each line as an event of its own; Python's
traceback ends with the error, Lambda's own report begins with it, Java's frames follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_HEADER: Final = re.compile(r"\s*Traceback( \(most recent call last\))?:\s*$")
_CHAINED: Final = ("During handling of the above", "The above exception was")
_OF_JAVA: Final = re.compile(r"\s+at [\w.$<>/]+\(|\s+\.\.\. \d+ more")
_REPORTED: Final = "[ERROR]"
"""What Lambda's runtime begins its report of an error with."""

_AT_ONCE: Final = 100
"""Milliseconds within which the lines of one report come."""


@dataclass
class Entry:
    """Something that was logged; `trace` are the lines that lead to an error, "" where none do."""

    group: str
    timestamp: int
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """What was said, of an error its name and message."""
        return "\n".join(self._told_apart()[0])

    @property
    def trace(self) -> str:
        """Frames, and the errors that an error was raised in place of."""
        return "\n".join(self._told_apart()[1])

    @property
    def is_error(self) -> bool:
        """Whether it says that something went wrong."""
        return self.lines[0].startswith(("ERROR", "CRITICAL", _REPORTED)) or bool(self.trace)

    def goes_on_with(self, text: str, timestamp: int) -> bool:
        """Whether an event that came next is more of this one: lines come one by one, too."""
        line = text.partition("\n")[0]
        traced = any(map(_HEADER.match, self.lines))
        if _HEADER.match(line):
            return self.is_error or _is_chain(self.lines[-1])
        if _OF_JAVA.match(line) or line.startswith("Caused by: "):
            return True
        if traced:
            return not line or line[0].isspace() or line.startswith(_CHAINED) or self._in_frames()
        return self.lines[0].startswith(_REPORTED) and timestamp - self.timestamp < _AT_ONCE

    def _in_frames(self) -> bool:
        """Whether the error that a traceback ends with is still to come."""
        if self.lines[0].startswith(_REPORTED):
            return False
        last = next((n for n in reversed(self.lines) if n and not n[0].isspace()), "")
        return bool(_HEADER.match(last))

    def _told_apart(self) -> tuple[list[str], list[str]]:
        said: list[str] = []
        trace: list[str] = []
        raised: list[str] = []
        frames = traced = False
        for line in self.lines:
            if _HEADER.match(line):
                trace += [*raised, line]
                raised, frames, traced = [], True, True
            elif _OF_JAVA.match(line) or (frames and (not line or line[0].isspace())):
                trace.append(line)
            else:
                frames = False
                (raised if traced else said).append(line)
        return [*said, *(line for line in raised if line)], trace


def entries(events: Iterable[tuple[str, int, str | None]]) -> list[Entry]:
    """Events put together, by time.

    Args:
        events: (group, milliseconds, text), each group's in order; None where the runtime itself
            spoke, which ends whatever was said before.
    """
    found: list[Entry] = []
    newest: dict[str, Entry] = {}
    for group, timestamp, text in events:
        before = newest.get(group)
        if text is None:
            newest.pop(group, None)
        elif before is not None and before.goes_on_with(text, timestamp):
            before.lines += text.split("\n")
        elif text.strip():
            newest[group] = Entry(group, timestamp, text.split("\n"))
            found.append(newest[group])
    return sorted(found, key=lambda entry: entry.timestamp)


def _is_chain(line: str) -> bool:
    return line.startswith(_CHAINED) or not line.strip()
