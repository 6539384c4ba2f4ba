"""One difference between two versions of a contract, and how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """What a difference means for those who read the dataset; the heavier the greater."""

    NONE = 0
    """Words alone."""
    COMPATIBLE = 1
    """What was read can be read as before."""
    ADDITIVE = 2
    """There is more to read."""
    BREAKING = 3
    """Some reader has to change, so a major version tells of it."""

    @property
    def word(self) -> str:
        """`breaking`"""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing in which two versions of a contract differ.

    column: its name now, or the last one of a column that is gone; "" for the dataset.
    before: the name by which readers know the column so far; "" for a new one or the dataset.
    what: what was done, in a few words.
    why: what follows from it.
    remedy: what to do instead, where tables that stand can't follow, whatever the version; "" where
        they can.
    hint: what may have been meant instead.
    """

    weight: Weight
    what: str
    why: str = ""
    column: str = ""
    before: str = ""
    remedy: str = ""
    hint: str = ""
