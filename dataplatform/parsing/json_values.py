"""JSON values as bronze keeps them: no digit is lost, and what isn't text is refused."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any, NoReturn

Numeral = bytes
"""What the decoder gives for a number, its source text: 1.10 stays 1.10, no digit is lost."""


class Refused(ValueError):
    """A line that can't become a row; the message is the reason."""


def _no_constant(name: str) -> NoReturn:
    raise Refused(f"not JSON: {name} is no JSON value")


decoder: Any = json.JSONDecoder(
    parse_float=str.encode, parse_int=str.encode, parse_constant=_no_constant
)
"""Gives each number as `Numeral`; raises `Refused` for NaN and Infinity."""


def as_text(value: Any) -> str | None:
    """A field as bronze keeps it: text as it is, all else as JSON text."""
    kind = value.__class__
    if kind is Numeral:
        return value.decode()  # type: ignore[no-any-return]
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    return as_json(value)


def as_json(value: Any) -> str:
    """JSON text without spaces, in which numbers are written as they came."""
    kind = value.__class__
    if kind is str:
        return encode_basestring(value)
    if kind is Numeral:
        return value.decode()  # type: ignore[no-any-return]
    if kind is dict:
        return (
            "{" + ",".join(f"{encode_basestring(k)}:{as_json(v)}" for k, v in value.items()) + "}"
        )
    if kind is list:
        return "[" + ",".join(map(as_json, value)) + "]"
    return "null" if value is None else "true" if value else "false"


def check_text(value: Any) -> None:
    r"""Escapes can write what isn't text: half a surrogate pair (\ud800), or NUL."""
    if isinstance(value, str):
        if "\0" in value:
            raise Refused("a value holds a NUL character")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise Refused("a value holds half a surrogate pair")
    elif isinstance(value, list):
        for item in value:
            check_text(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            check_text(name)
            check_text(item)


def kind_of(value: Any) -> str:
    """What a decoded value that is no object is called."""
    names = {str: "a string", Numeral: "a number", list: "an array", bool: "a boolean"}
    return names.get(value.__class__, "null")
