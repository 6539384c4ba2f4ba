"""Which change of a column's type keeps every value that was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dataplatform.contracts.nesting import element_of, fields_of, part_path

_DECIMAL: Final = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def widens(old: str, new: str) -> bool:
    """Whether a type holds all values of another and Iceberg reads old files as it.

    So does int as bigint, a decimal as one of more digits and the same scale, and an object with
    more properties, some of them wider; an array by its elements.
    """
    return old != new and not any(True for _ in breaks(old, new))


def breaks(old: str, new: str, path: str = "") -> Iterator[tuple[str, str, str]]:
    """What of a type can't be read as another: path, type of before, type of now ("" for gone)."""
    before, now = dict(fields_of(old)), dict(fields_of(new))
    if before and now:
        for name, kind in before.items():
            yield from breaks(kind, now.get(name, ""), part_path(path, old, name))
    elif element_of(old) and element_of(new):
        yield from breaks(element_of(old), element_of(new), part_path(path, old, ""))
    elif old != new and not _widens(old, new):
        yield path, old, new


def _widens(old: str, new: str) -> bool:
    if (old, new) == ("int", "bigint"):
        return True
    before, now = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if before is None or now is None:
        return False
    return before[2] == now[2] and int(before[1]) < int(now[1])
