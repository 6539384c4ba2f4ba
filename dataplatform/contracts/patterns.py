"""Regular expressions that every engine reads alike: Spark (Java), DuckDB (RE2)."""

from __future__ import annotations

import re

_REFUSED = (
    (re.compile(r"\(\?(?:=|!|<=|<!)"), "lookaround"),
    (re.compile(r"\\[1-9]|\\k"), "a back reference"),
    (re.compile(r"\(\?>|[*+?}]\+"), "an atomic or possessive part"),
    (re.compile(r"\(\?(?:P|<[A-Za-z]|\(|#)"), "a named, conditional or comment group"),
    (re.compile(r"\[[^\]]*(?:&&|\[)"), "a set operation in a character class"),
    (re.compile(r"\\[^dDsSwWbBnrtf.\\/^$|?*+()\[\]{}\-\"'_ @#%&~:;<>=!,x]"), "an unusual escape"),
    (re.compile(r"\\x(?![0-9A-Fa-f]{2})"), "an unusual escape"),
)
_MAX_REPEAT = 1000
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def fault(pattern: str) -> str:
    """What is wrong with a pattern, as words after "pattern has"; "" where it is fine."""
    plain = pattern.replace("\\\\", "")
    for refused, name in _REFUSED:
        if refused.search(plain):
            return name
    for match in _REPEAT.finditer(plain):
        if max(int(number) for number in match.groups() if number) > _MAX_REPEAT:
            return f"a repetition over {_MAX_REPEAT}"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"a fault: {error}"
    return ""
