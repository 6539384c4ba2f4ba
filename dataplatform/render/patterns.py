"""A contract's regular expression for each engine: what Java and RE2 read differently, mended.

`contracts.patterns.fault` refuses what can't be. In what is left they differ in `$` and `.` around
line breaks, `\\s` (RE2 leaves out the vertical tab), `\\b` and `\\B` (Java's know letters beyond
ASCII), and in which letters `(?i)` takes for one.
"""

from __future__ import annotations

import re

from dataplatform.contracts.patterns import FOLDED, tokens

_LINES = "(?d)"  # only \n breaks a line, as for RE2
_SPACE = r" \t\n\x0B\f\r"
_WORD = "[0-9A-Za-z_]"
_ASCII_EDGE = {
    r"\b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    r"\B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
_WORDS = {"$": r"\z", r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]", r"\_": "_", **_ASCII_EDGE}
_MEMBER = re.compile(r"\\x(..)|\\.|(.)-(.)|(.)", re.S)


def for_spark(pattern: str) -> str:
    """The pattern for RLIKE."""
    parts = tokens(pattern.removeprefix(FOLDED))
    if pattern.startswith(FOLDED):
        parts = [_folded(part) for part in parts]
    return _LINES + "".join(_in_class(p) if p[0] == "[" else _WORDS.get(p, p) for p in parts)


def for_duckdb(spark_pattern: str) -> str:
    """A pattern of Spark's, made by `for_spark` or without need of it, for regexp_matches."""
    pattern = spark_pattern.removeprefix(_LINES)
    for word, edge in _ASCII_EDGE.items():
        pattern = pattern.replace(edge, word)
    return pattern


def _in_class(part: str) -> str:
    """A character class in which `\\s` is written out."""
    kept = part.replace("\\\\", "\0")
    return kept.replace(r"\s", _SPACE).replace(r"\_", "_").replace("\0", "\\\\")


def _folded(part: str) -> str:
    """A part that takes ASCII letters of both cases."""
    if part[0] == "[":
        opening = "[^" if part.startswith("[^") else "["
        members = part[len(opening) : -1]
        return opening + _other_cases(members) + members + "]"
    letter = chr(int(part[2:], 16)) if re.fullmatch(r"\\x..", part) else part
    is_letter = len(letter) == 1 and letter.isascii() and letter.isalpha()
    return f"[{letter}{letter.swapcase()}]" if is_letter else part


def _other_cases(members: str) -> str:
    letters: set[str] = set()
    for code, first, last, one in _MEMBER.findall(members):
        if code:
            letters.add(chr(int(code, 16)))
        elif first:
            letters |= {chr(number) for number in range(ord(first), min(ord(last), 127) + 1)}
        else:
            letters.add(one)
    ascii_letters = {x for x in letters if x.isascii() and x.isalpha()}
    return "".join(sorted({x.swapcase() for x in ascii_letters} - ascii_letters))
