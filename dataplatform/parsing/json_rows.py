"""JSON Lines to rows: one object a line, nested values and numbers kept as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any, NoReturn

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.model import MAX_RECORD_CHARS, OP_FIELD, Block, Rejected, Row, operation

_BLANK = " \t\r"


class Numeral(str):
    """A number's source text: 1.10 stays 1.10, and no digit is lost to a float."""

    __slots__ = ()


class _Refused(ValueError):
    """A line that can't become a row; the message is the reason."""


def json_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    """Parse JSON Lines; a field that a record lacks is None, blank lines are no records.

    Raises:
        UnreadableObject: a line is longer than `MAX_RECORD_CHARS`.
    """
    position = 0
    for lines in _lines(texts):
        block = Block()
        for line in lines:
            source = line.strip(_BLANK)
            if not source:
                continue
            position += 1
            try:
                block.rows.append(_row(position, source, columns))
            except _Refused as refused:
                block.rejected.append(Rejected(position, source, (str(refused),)))
        if block:
            yield block


def _lines(texts: Iterable[str]) -> Iterator[list[str]]:
    carry = ""
    for text in texts:
        *lines, carry = (carry + text).split("\n")
        # Only what was carried here can have grown so long, and it ends in the first line.
        if max(len(carry), len(lines[0]) if lines else 0) > MAX_RECORD_CHARS:
            raise UnreadableObject(f"a line is longer than {MAX_RECORD_CHARS} characters")
        yield lines
    yield [carry]


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"not JSON: {name} is no JSON value")


_decoder = json.JSONDecoder(parse_float=Numeral, parse_int=Numeral, parse_constant=_no_constant)


def fault(text: str) -> str:
    """Why a text isn't one record; "" where it is."""
    try:
        _row(1, text.strip(_BLANK + "\n"), ())
    except _Refused as refused:
        return str(refused)
    return ""


def lifted(extra: str, columns: Iterable[str]) -> tuple[dict[str, str | None], str | None]:
    """Fields of a bronze row's `_extra` that the contract has come to know since.

    Returns:
        Them as text, and what is left of `_extra`.
    """
    fields = _decoder.decode(extra)
    known = {name: _text(fields.pop(name)) for name in columns if name in fields}
    return known, _dump(fields) if fields else None


def _row(position: int, source: str, columns: Sequence[str]) -> Row:
    try:
        fields, end = _decoder.raw_decode(source)
        if end != len(source):
            raise _Refused(f"not JSON: more text after the value, at character {end + 1}")
        if fields.__class__ is not dict:
            raise _Refused(f"not a JSON object but {_kind(fields)}")
        if "\\u" in source:
            _check_text(fields)
        op = operation(_text(fields.pop(OP_FIELD, None)))
        if op is None:
            raise _Refused(f"unknown {OP_FIELD}")
        values = [_text(fields.pop(name, None)) for name in columns]
        extra = _dump(fields) if fields else None
    except json.JSONDecodeError as error:
        raise _Refused(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise _Refused("not JSON that can be read: nested too deeply") from error
    return Row(position, op, extra, values)


def _text(value: Any) -> str | None:
    """A field as bronze keeps it: text as it is, all else as JSON text."""
    if value is None or isinstance(value, str):
        return value
    return _dump(value)


def _dump(value: Any) -> str:
    """JSON text without spaces, in which numbers are written as they came."""
    kind = value.__class__
    if kind is str:
        return encode_basestring(value)
    if kind is Numeral:
        return str(value)
    if kind is dict:
        return "{" + ",".join(f"{encode_basestring(k)}:{_dump(v)}" for k, v in value.items()) + "}"
    if kind is list:
        return "[" + ",".join(map(_dump, value)) + "]"
    return "null" if value is None else "true" if value else "false"


def _check_text(value: Any) -> None:
    r"""Escapes can write what isn't text: half a surrogate pair (\ud800), or NUL."""
    if isinstance(value, str):
        if "\0" in value:
            raise _Refused("a value holds a NUL character")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _Refused("a value holds half a surrogate pair")
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check_text(item)


def _kind(value: Any) -> str:
    names = {str: "a string", Numeral: "a number", list: "an array", bool: "a boolean"}
    return names.get(value.__class__, "null")
