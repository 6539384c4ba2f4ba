"""One answer of an API, cut into its records without changing a byte of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dataplatform.errors import SourceRejected
from dataplatform.ledger.records import Cursor

_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_ENDS = str.maketrans("\r\n", "  ")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as sent, on one line, and where it stands in the source's order."""

    text: str
    at: Cursor


@dataclass(frozen=True, kw_only=True)
class Page:
    """Records in the order of (updated_at, id), and whether the source has more after them."""

    records: tuple[Record, ...]
    more: bool


@dataclass(frozen=True, kw_only=True)
class PageFormat:
    """Where a source's answers have what: dotted paths ("" is the whole answer), column names."""

    records_path: str
    has_more_path: str
    updated_column: str
    id_column: str
    limit: int


def parse_page(body: bytes, form: PageFormat, after: Cursor | None) -> Page:
    """Cut an answer.

    Raises:
        SourceRejected: it isn't JSON of the promised shape, or not in the promised order, on which
            the cursor depends.
    """
    try:
        text = body.decode("utf-8-sig")
        whole = _DECODER.decode(text)
        records = tuple(
            _record(raw, value, form) for raw, value in _elements(text, form.records_path)
        )
    except ValueError as error:
        raise _unexpected(f"isn't the JSON promised: {error}") from error
    _ordered(records, after)
    more = len(records) >= form.limit
    if form.has_more_path:
        more = _at(whole, form.has_more_path) is True
    return Page(records=records, more=more)


def records_of(body: bytes, records_path: str) -> list[str]:
    """The source text of each record of an answer, on a line of its own, whatever is in it.

    Raises:
        SourceRejected: it isn't JSON with an array at that path.
    """
    try:
        return [raw for raw, _ in _elements(body.decode("utf-8-sig"), records_path)]
    except (ValueError, IndexError) as error:
        raise SourceRejected(
            f"the source's answer isn't the JSON promised: {error}",
            why="Nothing can be said of its records.",
            remedy="Compare the contract's server (path, recordsPath) with the source's API.",
        ) from error


def instant(text: str) -> tuple[datetime | None, str]:
    """A time as sent, so that times compare; text that isn't ISO 8601 compares as text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None, text
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), ""


def _elements(text: str, path: str) -> Iterator[tuple[str, Any]]:
    """The source text and value of each element of the array at `path`."""
    position = _skip(text, 0)
    for name in path.split(".") if path else ():
        position = _member(text, position, name)
    if text[position : position + 1] != "[":
        raise ValueError(f'no array at "{path or "the top"}"')
    position = _skip(text, position + 1)
    while text[position] != "]":
        value, end = _DECODER.raw_decode(text, position)
        # Line ends outside strings are white space, and inside strings JSON has none.
        yield text[position:end].translate(_LINE_ENDS), value
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _member(text: str, position: int, name: str) -> int:
    """Where the value of a member of the object at `position` begins."""
    if text[position : position + 1] != "{":
        raise ValueError(f'no object that could hold "{name}"')
    position = _skip(text, position + 1)
    while text[position] != "}":
        key, end = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, end) + 1)
        if key == name:
            return position
        position = _skip(text, _DECODER.raw_decode(text, position)[1])
        if text[position] == ",":
            position = _skip(text, position + 1)
    raise ValueError(f'no "{name}"')


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _record(raw: str, value: Any, form: PageFormat) -> Record:
    fields = value if isinstance(value, dict) else {}
    updated_at, number = fields.get(form.updated_column), fields.get(form.id_column)
    if not isinstance(updated_at, str) or not isinstance(number, str):
        raise ValueError(f"a record without {form.updated_column} or {form.id_column}: {raw[:200]}")
    return Record(text=raw, at=Cursor(updated_at=updated_at, id=number))


def _ordered(records: tuple[Record, ...], after: Cursor | None) -> None:
    """Times don't go back, and what was asked to come before doesn't come again."""
    before = after
    for record in records:
        if before is not None and (
            record.at in (before, after) or _order(record.at) < _order(before)
        ):
            raise _unexpected(f"has {record.at} after {before}: not in the order of (updated, id)")
        before = record.at


def _order(at: Cursor) -> Any:
    moment, text = instant(at.updated_at)
    return (moment.timestamp() if moment else 0.0, text)


def _unexpected(what: str) -> SourceRejected:
    return SourceRejected(
        f"the source's answer {what}",
        why="Pulling on would lose or repeat records.",
        remedy="Compare the contract's server (paths, columns, parameters) with the source's API.",
    )
