"""Regular expressions that every engine can be made to read alike: Spark (Java), DuckDB (RE2)."""

from __future__ import annotations

import re

_REFUSED = (
    (re.compile(r"\(\?(?:=|!|<=|<!)"), "lookaround"),
    (re.compile(r"\\[1-9]|\\k"), "a back reference"),
    (re.compile(r"\(\?>|[*+?}]\+"), "an atomic or possessive part"),
    (re.compile(r"\(\?(?:P|<[A-Za-z]|\(|#)"), "a named, conditional or comment group"),
    (re.compile(r"(?!^\(\?i\))\(\?(?!:)"), "a flag other than (?i) at its start"),
    (re.compile(r"\\[^dDsSwWbBnrtf.\\/^$|?*+()\[\]{}\-\"'_ @#%&~:;<>=!,x]"), "an unusual escape"),
    (re.compile(r"\\x(?![0-9A-Fa-f]{2})"), "an unusual escape"),
)
_REFUSED_IN_CLASS = (
    (re.compile(r"&&|(?<!\\)\["), "a set operation in a character class"),
    (re.compile(r"\\[SbB]"), r"\S or \b in a character class"),
    (re.compile(r"^$"), r"a character class that begins with ]: write \]"),
)
_MAX_REPEAT = 1000
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_TOKEN = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|\[\^?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.", re.S)
FOLDED = "(?i)"
"""At a pattern's start: ASCII letters stand for both cases."""


def tokens(pattern: str) -> list[str]:
    """A pattern's parts: escapes, whole character classes, repetitions, single characters."""
    return _TOKEN.findall(pattern)


def fault(pattern: str) -> str:
    """What is wrong with a pattern, as words after "pattern has"; "" where it is fine."""
    plain = pattern.replace("\\\\", "")
    for refused, name in _REFUSED:
        if refused.search(plain):
            return name
    parts = tokens(pattern)
    for part in parts:
        if part[0] == "[" and len(part) > 1:
            members = part[1:-1].removeprefix("^").replace("\\\\", "")
            for refused, name in _REFUSED_IN_CLASS:
                if refused.search(members):
                    return name
    if "{" in parts:
        return r"a brace that repeats nothing: write \{"
    if _most_repeated(parts) > _MAX_REPEAT:
        return f"a repetition over {_MAX_REPEAT}"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"a fault: {error}"
    return ""


def _most_repeated(parts: list[str]) -> int:
    """How often the innermost part is repeated at most, as RE2 counts it: groups multiply."""
    levels = [1]
    most = last = 1
    for part in parts:
        if part == "(":
            levels.append(1)
        elif part == ")" and len(levels) > 1:
            last = levels.pop()
            levels[-1] = max(levels[-1], last)
        elif match := _REPEAT.fullmatch(part):
            last *= max(int(number) for number in match.groups() if number)
            levels[-1] = max(levels[-1], last)
            most = max(most, last)
        else:
            last = 1
    return most
