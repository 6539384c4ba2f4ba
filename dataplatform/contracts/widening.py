"""Which change of a column's type keeps every value that was written."""

from __future__ import annotations

import re
from typing import Final

_DECIMAL: Final = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def widens(old: str, new: str) -> bool:
    """Whether a type holds all values of another and Iceberg reads old files as it: int as bigint,
    a decimal as one of more digits and the same scale."""
    if (old, new) == ("int", "bigint"):
        return True
    before, now = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if before is None or now is None:
        return False
    return before[2] == now[2] and int(before[1]) < int(now[1])
