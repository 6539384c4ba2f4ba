"""A function's log events as lines for people; `--json` has them as they were written."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_RUNTIMES: Final = re.compile(r"(START|END|REPORT|INIT_START) ")
"""Lambda's own lines around each call."""

_PLAIN: Final = re.compile(r"\[([A-Z]+)\]\t[^\t]*\t[^\t]*\t(.*)", re.DOTALL)
"""How Lambda writes what Python's own loggers say: level, time, whose it is, words."""

_OF_EVERY_LINE: Final = frozenset(
    {"level", "message", "location", "timestamp", "service", "cold_start", "xray_trace_id", "_aws"}
)
"""Keys of a structured line that stand elsewhere or say nothing of what happened."""

_NOISE: Final = "function_"
"""What Powertools' keys of the function itself begin with: the same on each of its lines."""


def readable(message: str) -> str | None:
    """`batch staged  run_id=… source=730`; None for what only the runtime says.

    Of a line of Python's own loggers level and words stay; any other that isn't structured stays as
    it is. An error keeps its traceback, in lines of its own.
    """
    text = message.rstrip()
    if _RUNTIMES.match(text):
        return None
    if plain := _PLAIN.fullmatch(text):
        return plain[2] if plain[1] == "INFO" else f"{plain[1]}  {plain[2]}"
    try:
        said = json.loads(text)
    except ValueError:
        return text
    if not isinstance(said, dict) or not ({"message", "_aws"} & said.keys()):
        return text
    return _sentence(said)


def _sentence(said: dict[str, Any]) -> str:
    level = str(said.get("level", "INFO"))
    traceback = str(said.get("exception", ""))
    told = " ".join(
        f"{key}={_value(value)}"
        for key, value in said.items()
        if key not in _OF_EVERY_LINE
        and not key.startswith(_NOISE)
        and key not in ("exception", "stack_trace")
    )
    what = "metrics" if "_aws" in said else _value(said["message"])
    first = "  ".join(filter(None, ("" if level == "INFO" else level, what, told)))
    return "\n".join(filter(None, (first, traceback)))


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
