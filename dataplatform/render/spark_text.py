"""Spark SQL's names and literals."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"\{(?=[a-z_]+\})")


def name(word: str) -> str:
    """A quoted identifier."""
    return "`" + word.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A quoted string; a `{word}` in it is written so that `plans.model.fill` leaves it alone."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + _PLACEHOLDER.sub(r"\\u007B", escaped) + "'"


def value(kind: str, text: str) -> str:
    """A typed literal; `text` is canonical (`contracts.values.canonical`)."""
    if kind == "string":
        return literal(text)
    if kind == "boolean":
        return text.upper()
    if kind == "double":
        return f"CAST({literal(text)} AS DOUBLE)"
    if kind == "date":
        return f"DATE {literal(text)}"
    if kind == "timestamp":
        return f"TIMESTAMP {literal(text + 'Z')}"
    return f"{text}BD"  # a decimal of its own precision: comparing with it never rounds


def conjunction(conditions: list[str]) -> str:
    """Conditions that must all hold."""
    return " AND ".join(conditions)
