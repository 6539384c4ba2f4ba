r"""JSON text made safe to be taken apart by any engine: every value a string that says what it was.

Engines read JSON otherwise than each other: one rounds 1.10 to 1.1, another takes NaN, a comma too
many or what follows the end. So the text's words are checked by one expression that all of them
read alike, and each string, number and truth becomes a string with a colon: behind a text
(`"ab:"`), before all else (`":1.10"`). What an engine then finds in it is what was sent, letter by
letter.
"""

from __future__ import annotations

from typing import Final

_HEX: Final = "[0-9A-Fa-f]"
_ESCAPED: Final = (  # no NUL, and both halves of a surrogate pair: as staging asks of JSON Lines
    rf"u(?:000[1-9A-Fa-f]|00[1-9A-Fa-f]{_HEX}|0[1-9A-Fa-f]{_HEX}{{2}}"
    rf"|[1-9A-CE-Fa-ce-f]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"
    rf"|[dD][89ABab]{_HEX}{{2}}\\u[dD][C-Fc-f]{_HEX}{{2}})"
)
_TEXT: Final = rf'[^"\\\x00-\x1f]*@(?:\\(?:["\\/bfnrt]|{_ESCAPED})[^"\\\x00-\x1f]*@)*@'
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*@)(?:\.[0-9]+@)?(?:[eE][+-]?[0-9]+@)?"
_VALUE: Final = rf'"{_TEXT}"|{_NUMBER}|true|false|null'
_BLANK: Final = r"[ \t\r\n]"

_WORDS: Final = rf"\A(?:[ \t\r\n\[\]{{}}:]+@|,{_BLANK}*@(?:[\[{{]|{_VALUE})|{_VALUE})*@\z"
"""Text of JSON's words alone, with something after each comma."""
_SINGLE: Final = rf'"([^"\\]*@(?:\\.[^"\\]*@)*@)"|({_NUMBER}|true|false)'
"""A string's inside, or another single value, in text that has JSON's words alone."""

END: Final = "e"
"""A string without a colon: no text can bring it."""


def words(*, possessive: bool) -> str:
    """The expression that JSON's words keep.

    Args:
        possessive: for Java, which else keeps a place to come back to for every word, and falls
            over long texts; RE2 has no such words, and never comes back.
    """
    return _WORDS.replace("@", "+" if possessive else "")


def single_values(*, possessive: bool) -> str:
    """The expression that finds single values, in two groups: a string's inside, or another."""
    return _SINGLE.replace("@", "+" if possessive else "")


def key(field: str) -> str:
    """A field's name as it stands in the marked text."""
    return f"{field}:"
