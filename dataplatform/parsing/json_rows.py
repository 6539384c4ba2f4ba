"""JSON Lines to rows: one object a line, nested values and numbers kept as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.json_values import (
    Numeral,
    Refused,
    as_json,
    as_text,
    check_text,
    decoder,
    kind_of,
)
from dataplatform.parsing.model import (
    MAX_RECORD_CHARS,
    OP_FIELD,
    Block,
    Plain,
    Rejected,
    Row,
    operation,
)

_BLANK = " \t\r"

_TEXT: Final = frozenset((str, type(None)))
_AT_ONCE: Final = 256
"""Lines decoded by one call: half the time of a call each. A bad line costs its neighbours that."""

_MARK: Final = "-271828182845904523536e-20"
"""A number that stands between lines; lines in which it is found are decoded one by one."""


def json_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    """Parse JSON Lines; a field that a record lacks is None, blank lines are no records.

    Raises:
        UnreadableObject: a line is longer than `MAX_RECORD_CHARS`.
    """
    position = 0
    for text in whole_lines(texts):
        found = block(position, text, columns)
        if found:
            yield found
            position += len(found)


def block(position: int, text: str, columns: Sequence[str]) -> Block:
    """Whole lines, by column where each record is plain; `position` records come before them."""
    sources = [source for line in text.split("\n") if (source := line.strip(_BLANK))]
    return _block(position, sources, columns) if sources else Block()


def _block(position: int, sources: Sequence[str], columns: Sequence[str]) -> Block:
    block = Block()
    plain: list[list[str | None]] | None = [[] for _ in columns]
    for start in range(0, len(sources), _AT_ONCE):
        some, before = sources[start : start + _AT_ONCE], position + start
        try:
            records = _records(some)
            found = _by_column(records, columns)
            if plain is not None and found is not None:
                for column, values in zip(plain, found, strict=True):
                    column += values
                continue
            rows = (
                [
                    _row_of(place, record, columns)
                    for place, record in enumerate(records, before + 1)
                ]
                if found is None
                else Plain(before + 1, found).rows()
            )
            rejected: list[Rejected] = []
        except (ValueError, StopIteration, RecursionError):
            rows, rejected = _one_by_one(before, some, columns)
        if plain is not None and start:
            block.rows = Plain(position + 1, plain).rows()
        plain = None
        block.rows += rows
        block.rejected += rejected
    if plain is not None:
        block.plain = Plain(position + 1, plain)
    return block


def _one_by_one(
    position: int, sources: Sequence[str], columns: Sequence[str]
) -> tuple[list[Row], list[Rejected]]:
    rows, rejected = [], []
    for place, source in enumerate(sources, position + 1):
        try:
            rows.append(_row(place, source, columns))
        except Refused as refused:
            rejected.append(Rejected(place, source, (str(refused),)))
    return rows, rejected


def _records(sources: Sequence[str]) -> list[dict[str, Any]]:
    """Decode lines as one array, with a mark between two of them.

    Lines may make a whole together and be none alone. But no line holds the mark: so where all
    marks are values of the array itself, and between two of them is one value, it is the line's.

    Raises:
        ValueError, StopIteration, RecursionError: not each of them is a record, or not for sure.
    """
    text = f"[{f',{_MARK},'.join(sources)}]"
    values, end = decoder.scan_once(text, 0)
    records: list[dict[str, Any]] = values[::2]
    marks = values[1::2]
    if not (
        end == len(text)
        and text.count(_MARK) == len(marks) == len(sources) - 1
        and len(records) == len(sources)
        and set(marks) <= {_MARK.encode()}
        and set(map(type, records)) == {dict}
    ):
        raise Refused
    if "\\u" in text:
        check_text(records)
    return records


def _by_column(
    records: Sequence[dict[str, Any]], columns: Sequence[str]
) -> list[list[str | None]] | None:
    """The records' values; None where one hasn't just the columns, and is to be looked at alone."""
    if len(columns) < 2 or OP_FIELD in columns or set(map(len, records)) != {len(columns)}:
        return None
    try:
        values = list(map(itemgetter(*columns), records))
    except KeyError:
        return None
    return [_texts(column) for column in zip(*values, strict=True)]


def _texts(column: Sequence[Any]) -> list[str | None]:
    """A column's values as text, which most columns are already."""
    kinds = set(map(type, column))
    if kinds <= _TEXT:
        return list(column)
    if kinds == {Numeral}:
        return list(map(Numeral.decode, column))
    return list(map(as_text, column))


def whole_lines(texts: Iterable[str], *, at_once: int = 1) -> Iterator[str]:
    """The same text, cut behind ends of lines alone.

    Args:
        at_once: characters that are waited for before there is a cut.

    Raises:
        UnreadableObject: a line is longer than `MAX_RECORD_CHARS`.
    """
    waiting: list[str] = []
    more = begun = 0  # characters that wait, and those of the line that hasn't ended
    for text in texts:
        first, end = text.find("\n"), text.rfind("\n") + 1
        longest = begun + (first if end else len(text))
        begun = len(text) - end if end else longest
        # Only what was begun before here can have grown so long, and it ends in the first line.
        if max(longest, begun) > MAX_RECORD_CHARS:
            raise UnreadableObject(f"a line is longer than {MAX_RECORD_CHARS} characters")
        waiting.append(text)
        more += len(text)
        if end and more >= at_once:
            whole = "".join(waiting)
            yield whole[: len(whole) - begun]
            waiting, more = [text[end:]], 0
    rest = "".join(waiting)
    if rest:
        yield rest


def plain_record(source: str, columns: Sequence[str]) -> dict[str, Any] | None:
    """A line's fields, numbers as `Numeral`; None unless all are flat ones of these columns."""
    try:
        record = decoder.decode(source)
    except (ValueError, RecursionError):
        return None
    if record.__class__ is not dict or not record or not record.keys() <= set(columns):
        return None
    nested = any(isinstance(value, dict | list) for value in record.values())
    return None if nested or OP_FIELD in record else record


def unescaped(source: str) -> str | None:
    """What a JSON string says, told without its quotes; None where that isn't text."""
    try:
        text: str = decoder.decode(f'"{source}"')
        if "\\u" in source:
            check_text(text)
    except ValueError:
        return None
    return text


def fault(text: str) -> str:
    """Why a text isn't one record; "" where it is."""
    try:
        _row(1, text.strip(_BLANK + "\n"), ())
    except Refused as refused:
        return str(refused)
    return ""


def lifted(extra: str, columns: Iterable[str]) -> tuple[dict[str, str | None], str | None]:
    """Fields of a bronze row's `_extra` that the contract has come to know since.

    Returns:
        Them as text, and what is left of `_extra`.
    """
    fields = decoder.decode(extra)
    known = {name: as_text(fields.pop(name)) for name in columns if name in fields}
    return known, as_json(fields) if fields else None


def _row(position: int, source: str, columns: Sequence[str]) -> Row:
    try:
        fields, end = decoder.raw_decode(source)
        if end != len(source):
            raise Refused(f"not JSON: more text after the value, at character {end + 1}")
        if fields.__class__ is not dict:
            raise Refused(f"not a JSON object but {kind_of(fields)}")
        if "\\u" in source:
            check_text(fields)
        return _row_of(position, fields, columns)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")  # as some of its messages end
        raise Refused(f"not JSON: {what} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise Refused("not JSON that can be read: nested too deeply") from error


def _row_of(position: int, record: dict[str, Any], columns: Sequence[str]) -> Row:
    """A decoded record, which is emptied."""
    op = operation(as_text(record.pop(OP_FIELD, None)))
    if op is None:
        raise Refused(f"unknown {OP_FIELD}")
    values = [as_text(record.pop(name, None)) for name in columns]
    return Row(position, op, as_json(record) if record else None, values)
