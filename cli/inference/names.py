"""Names of columns from whatever a source calls its fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 90


def column_names(fields: Sequence[str]) -> list[str]:
    """A valid name for each field, each once: `Order ID` becomes order_id, `2nd` c_2nd."""
    taken = {field for field in fields if _is_valid(field)}
    names: list[str] = []
    for number, field in enumerate(fields, start=1):
        if _is_valid(field):
            names.append(field)
            continue
        wanted = _snake(field) or f"column_{number}"
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
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and len(name) <= _LONGEST


def _snake(field: str) -> str:
    text = field.replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", _HUMP.sub("_", plain).lower()).strip("_")[:_LONGEST].strip("_")
    return f"c_{name}" if name[:1].isdigit() else name
