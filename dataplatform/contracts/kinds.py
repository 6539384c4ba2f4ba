"""Kinds of values, as a person who writes YAML calls them."""

from __future__ import annotations

_KINDS = {
    "string": ("text", "Put it into quotes."),
    "boolean": ("true or false", "Write one of them, without quotes."),
    "integer": ("a whole number", "Write it in digits, without quotes."),
    "number": ("a number", "Write it in digits, without quotes."),
    "array": ("a list", "Begin each item with a dash."),
    "object": ("keys and values", "Write its keys below it, each with a value."),
}


def kind_words(name: str) -> tuple[str, str]:
    """What JSON's name for a kind asks for, and how to write it."""
    return _KINDS[name]
