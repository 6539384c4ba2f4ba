"""What a stream's transform gave up on: each of Firehose's documents is one rejected record."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence

from dataplatform.parsing.json_rows import fault, json_blocks
from dataplatform.parsing.model import Block, Rejected, Row

_FIELDS = ("rawData", "errorCode", "errorMessage")


def rejected_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    """Decode the records that Firehose wrapped; none of them becomes a row.

    A record's reasons are what this parser finds wrong with it, then why Firehose has put it aside.
    The transform may also have failed itself; then the record is sound, and only the latter stands.

    Args:
        texts: JSON Lines, a document each: {"rawData": base64, "errorCode", "errorMessage", ...}.
        columns: the contract's, which nothing here is held against.

    Raises:
        UnreadableObject: a line is too long, as for `json_blocks`.
    """
    for block in json_blocks(texts, _FIELDS):
        found = [_unwrapped(row) for row in block.each()]
        found += [
            Rejected(bad.position, bad.source, ("not a document of Firehose's", *bad.reasons))
            for bad in block.rejected
        ]
        yield Block(rejected=sorted(found))


def rejected_again_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    """Decode them for a replay: a record in which this parser finds no fault becomes a row.

    Raises:
        UnreadableObject: as `rejected_blocks`.
    """
    for block in rejected_blocks(texts, columns):
        again = Block()
        for bad in block.rejected:
            if len(bad.reasons) > 1:  # something is wrong with it, besides having been put aside
                again.rejected.append(bad)
                continue
            (found,) = json_blocks([bad.source], columns)
            (row,) = found.each()
            again.rows.append(row._replace(position=bad.position))
        yield again


def _unwrapped(document: Row) -> Rejected:
    raw, code, message = document.values
    aside = ": ".join(part for part in ("not transformed", code, message) if part)
    try:
        data = base64.b64decode(raw or "", validate=True)
    except binascii.Error as error:
        return Rejected(document.position, raw or "", (f"rawData is not base64: {error}", aside))
    try:
        source = data.decode()
    except UnicodeDecodeError as error:
        # The bytes stay in landing; what is shown tells the odd ones from the readable ones.
        shown = data.decode(errors="backslashreplace")
        reason = f"not UTF-8 at byte {error.start}: {error.reason}"
        return Rejected(document.position, shown, (reason, aside))
    reason = fault(source)
    return Rejected(document.position, source, (reason, aside) if reason else (aside,))
