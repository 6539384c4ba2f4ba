"""UPPER and LOWER: DuckDB maps one character to one, Java whole strings, of an older Unicode.

The letters that differ are listed; a text that has one is put together letter by letter.
"""

from __future__ import annotations

from dataplatform.render.typed import text

# Java 17 knows Unicode 13. Letters of later versions stay as they are.
_NEWER = {
    *map(chr, (0x2C2F, 0x2C5F, 0xA7C0, 0xA7C1, 0xA7D0, 0xA7D1, *range(0xA7D6, 0xA7DA))),
    *map(chr, range(0x10570, 0x105BD)),
}
_LONGER = {c: c.upper() for c in map(chr, range(0xDF, 0xFB18)) if len(c.upper()) > 1}
_UPPER = _LONGER | {c: c for c in _NEWER}
_LOWER = {"İ": "i̇"} | {c: c for c in _NEWER}

FINAL_SIGMA, SIGMA = "ς", "σ"
"""Java writes a word's last sigma otherwise; a model's LOWER writes every sigma alike."""


def upper(sql: str) -> str:
    """UPPER of a VARCHAR."""
    return _mapped("upper", sql, _UPPER)


def lower(sql: str) -> str:
    """LOWER of a VARCHAR, each sigma written as inside a word."""
    return f"replace({_mapped('lower', sql, _LOWER)}, '{FINAL_SIGMA}', '{SIGMA}')"


def _mapped(function: str, sql: str, letters: dict[str, str]) -> str:
    listed = sorted(letters)
    old, new = (", ".join(map(text, items)) for items in (listed, [letters[c] for c in listed]))
    one = f"coalesce(list_extract([{new}], list_position([{old}], c)), {function}(c))"
    each = f"list_transform(regexp_split_to_array({sql}, ''), lambda c: {one})"
    return (
        f"CASE WHEN regexp_matches({sql}, {text('[' + ''.join(listed) + ']')}) "
        f"THEN array_to_string({each}, '') ELSE {function}({sql}) END"
    )
