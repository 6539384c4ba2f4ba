"""How sensitive a column's values are, in ODCS's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CLASSIFICATIONS: Final = ("public", "internal", "confidential", "restricted", "sensitive", "pii")
"""From what anybody may see to what hardly anybody may."""

_ORDER: Final = ("", *CLASSIFICATIONS)


def strictest(classes: Iterable[str]) -> str:
    """The most sensitive of some; "" where none is classified. Words that aren't known are none."""
    return max((c for c in classes if c in _ORDER), key=_ORDER.index, default="")
