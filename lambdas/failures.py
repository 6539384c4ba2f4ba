"""How a function ended, as Step Functions caught it, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

_KILLED: Final = {
    "Sandbox.Timedout": "out of time",
    "States.Timeout": "out of time",
    "Runtime.OutOfMemory": "out of memory",
    "MemoryError": "out of memory",
    "Runtime.ExitError": "killed, as a rule for want of memory",
    # AWS's one name for a function that ran out of memory or time; the cause tells which.
    "Lambda.Unknown": "out of memory or time",
}


def reason(error: Mapping[str, str]) -> str:
    """Why the function gave up, in a line."""
    name, cause = error.get("Error", ""), _message(error.get("Cause", ""))
    if name == "Lambda.Unknown" and "timed out" in cause.lower():
        return "out of time"
    return _KILLED.get(name) or (f"{name}: {cause}" if cause else name)


def _message(cause: str) -> str:
    """The first line of what a function raised, which Step Functions gives as JSON."""
    try:
        parsed = json.loads(cause)
    except ValueError:
        return cause.partition("\n")[0][:300]
    said = parsed.get("errorMessage", "") if isinstance(parsed, dict) else cause
    return str(said).partition("\n")[0][:300]
