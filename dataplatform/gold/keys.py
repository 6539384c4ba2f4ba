"""What an audit says of a gold model's rows that share a key, or have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dataplatform.errors import AuditFailed
from dataplatform.plans.model import GoldModel

_SHARED = "Make the SELECT give one row for each key, or correct `-- key:`."
_NULL = "A key is never NULL: leave such rows out (WHERE), or give them a value (COALESCE)."


def key_refused(model: GoldModel, rows: int, values: Sequence[Any]) -> AuditFailed:
    """The refusal of so many rows that have one key.

    Args:
        values: of the key's columns, in their order, as an engine gives them.
    """
    key = ", ".join(f"{n}={_said(value)}" for n, value in zip(model.key, values, strict=True))
    have = "rows share" if rows > 1 else "row has"
    return AuditFailed(
        f"gold model {model.name}: {rows} {have} the key {key}",
        why="Nothing was published: the table is as it was.",
        remedy=_NULL if None in values else _SHARED,
    )


def _said(value: Any) -> str:
    """As SQL would write it: NULL, 'text', 2026-02-01."""
    if value is None:
        return "NULL"
    return repr(value) if isinstance(value, str) else str(value)
