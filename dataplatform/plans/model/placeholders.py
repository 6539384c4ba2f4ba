"""Rendered SQL is complete but for its placeholders."""

from __future__ import annotations


def fill(sql: str, **values: str) -> str:
    """Replace each `{name}` in rendered SQL; unlike str.format, other braces stay."""
    for name, value in values.items():
        sql = sql.replace("{" + name + "}", value)
    return sql
