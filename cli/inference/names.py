"""Names of columns from whatever a source calls its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dataplatform.contracts.spelling import LONGEST, snake


def column_names(fields: Sequence[str]) -> list[str]:
    """A valid name for each field, each once: `Order ID` becomes order_id, `2nd` c_2nd."""
    taken = {field for field in fields if _is_valid(field)}
    names: list[str] = []
    for number, field in enumerate(fields, start=1):
        if _is_valid(field):
            names.append(field)
            continue
        wanted = snake(field) or f"column_{number}"
        name, again = wanted, 1
        while name in taken:
            again += 1
            name = f"{wanted}_{again}"
        taken.add(name)
        names.append(name)
    return names


def words(name: str) -> tuple[str, ...]:
    """`customer_email_2` is (customer, email, 2)."""
    return tuple(word for word in name.split("_") if word)


def _is_valid(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and len(name) <= LONGEST
