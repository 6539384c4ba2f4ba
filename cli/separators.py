"""CSV whose fields aren't separated by commas: told as such, rather than as missing columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_KNOWN: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def other_separator(header: Sequence[str]) -> tuple[str, str] | None:
    """A header's separator and its name, where it is one field that another one would split."""
    if len(header) != 1:
        return None
    return next((found for found in _KNOWN.items() if found[0] in header[0]), None)
