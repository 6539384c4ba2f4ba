"""A condition on items of DynamoDB is read once, not for each item that it is asked of.

MiniStack tells its words apart and checks its grammar again for each item of a partition; neither
depends on the item. Who is given a list of words changes none of it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ministack.services import dynamodb

_KEPT: Final = 1024
"""Conditions; what is asked here names values by reference, so that there are some dozens."""


def install() -> None:
    """Keep what was read of the last conditions."""
    dynamodb._tokenize = lru_cache(_KEPT)(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(_KEPT)(dynamodb._condition_syntax_error)
