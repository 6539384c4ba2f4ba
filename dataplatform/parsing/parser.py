"""The one parser of landed objects; both engines read what it staged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dataplatform.parsing.csv_rows import csv_blocks
from dataplatform.parsing.json_rows import json_blocks
from dataplatform.parsing.model import REJECTED, Block
from dataplatform.parsing.rejected_rows import rejected_blocks
from dataplatform.parsing.stream import decode, unpack

_FORMATS = {"csv": csv_blocks, "json": json_blocks, REJECTED: rejected_blocks}


def parse(chunks: Iterable[bytes], *, format: str, columns: Sequence[str]) -> Iterator[Block]:
    """Parse an object's bytes, in chunks of any size, to blocks of rows.

    Args:
        chunks: the bytes as landed, gzipped or not.
        format: "csv", "json" (JSON Lines) or `REJECTED`, as `SilverPlan.format_of` says.
        columns: the contract's columns; what else a record holds goes to `Row.extra`.

    Raises:
        UnreadableObject: the object breaks somewhere; blocks already given must not be kept.
        KeyError: an unknown format.
    """
    return _FORMATS[format](decode(unpack(chunks)), columns)
