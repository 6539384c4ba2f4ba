"""The one parser of landed objects; both engines read what it staged."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dataplatform.parsing.csv_form import RFC_4180, CsvForm
from dataplatform.parsing.csv_rows import csv_blocks
from dataplatform.parsing.model import REJECTED, REJECTED_AGAIN, Block
from dataplatform.parsing.rejected_rows import rejected_again_blocks, rejected_blocks
from dataplatform.parsing.stream import decode, is_packed, slices, unpack


def _json_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    # Late: Arrow takes a seventh of a second, and the command line begins with this module.
    from dataplatform.parsing.json_columns import json_blocks

    return json_blocks(texts, columns)


_FORMATS: Final = {
    "json": _json_blocks,
    REJECTED: rejected_blocks,
    REJECTED_AGAIN: rejected_again_blocks,
}
_A_RECORD_A_LINE: Final = ("json", REJECTED, REJECTED_AGAIN)
"""CSV isn't among them: a quoted field may hold line ends, and no contract says that none does."""


def parse(
    chunks: Iterable[bytes], *, format: str, columns: Sequence[str], csv: CsvForm = RFC_4180
) -> Iterator[Block]:
    """Parse an object's bytes, in chunks of any size, to blocks of rows.

    Args:
        chunks: the bytes as landed, gzipped or not.
        format: "csv", "json" (JSON Lines) or `REJECTED`, as `SilverPlan.format_of` says; for
            `REJECTED` at a replay `REJECTED_AGAIN`.
        columns: the contract's columns; what else a record holds goes to `Row.extra`.
        csv: how CSV is written; other formats have one form.

    Raises:
        UnreadableObject: the object breaks somewhere; blocks already given must not be kept.
        KeyError: an unknown format.
    """
    if format == "csv":
        texts = decode(unpack(chunks), encoding=csv.encoding)
        return _uncollected(csv_blocks(texts, columns, csv))
    return _uncollected(_FORMATS[format](decode(unpack(chunks)), columns))


def splittable(head: bytes, *, format: str) -> bool:
    """Whether parts of an object can be parsed by themselves.

    Args:
        head: its first two bytes or more.
    """
    return format in _A_RECORD_A_LINE and not is_packed(head)


def parse_part(
    chunks: Iterable[bytes], *, format: str, columns: Sequence[str], first: bool
) -> Iterator[Block]:
    """Parse whole lines of a splittable object as `parse` does; positions count from the first one.

    Args:
        chunks: the lines' bytes, in chunks of any size.
        first: they begin where the object does.

    Raises:
        UnreadableObject: as `parse`; the offset that it names is one in these bytes.
    """
    return _uncollected(_FORMATS[format](decode(slices(chunks), first=first), columns))


def _uncollected(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, made while the collector of cycles rests.

    A block is tens of thousands of new objects without a cycle; to look through them all again and
    again takes a quarter of the parser's time.
    """
    resting = not gc.isenabled()
    while True:
        gc.disable()
        try:
            block = next(blocks, None)
        finally:
            if not resting:
                gc.enable()
        if block is None:
            return
        yield block
