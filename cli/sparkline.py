"""Figures as a row of blocks."""

from __future__ import annotations

from collections.abc import Sequence

_NONE, _BLOCKS = "·", "▁▂▃▄▅▆▇█"


def sparkline(figures: Sequence[int], encoding: str) -> str:
    """One block a figure, the largest full, a dot for none; "" where blocks can't be written."""
    most = max(figures, default=0)
    if most <= 0:
        return ""
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ""
    return "".join(_BLOCKS[(7 * figure) // most] if figure > 0 else _NONE for figure in figures)
