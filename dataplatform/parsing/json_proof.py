"""Pieces of lines, a column of each field's, held against what they may be in a record."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from dataplatform.parsing import json_rows

_SCALAR: Final = r"^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)$"
_ODD: Final = r'["\\\x00-\x1f]'
_TEXT: Final = pa.large_string()
_BYTE: Final = pa.uint8()
_QUOTE: Final = pa.scalar(ord('"'), _BYTE)
_LEAST: Final = 0x20
"""Below it are control characters, which stand in no JSON."""


class Proof:
    """Which lines are records, if all of their pieces were held against something."""

    def __init__(self) -> None:
        self.bad: pa.Array | None = None
        """Whether each line isn't one; None where all of them are."""

    def texts(self, pieces: pa.Array, head: str, tail: str, *, escaped: bool) -> pa.Array:
        """Values of a field that is text or null.

        Args:
            head, tail: what stands before a text's opening quote and behind its closing one.
            escaped: whether there may be a backslash.
        """
        before, after = f'{head}"'.encode(), f'"{tail}'.encode()
        good = pc.and_(pc.starts_with(pieces, pattern=before), pc.ends_with(pieces, pattern=after))
        lengths, least = pc.binary_length(pieces), len(before) + len(after)
        if _least(lengths) < least:  # one quote may be both
            good = pc.and_(good, pc.greater_equal(lengths, least))
        values = pc.binary_slice(pieces, len(before), -len(after)).view(_TEXT)
        if good.false_count:
            null = pc.equal(pieces, f"{head}null{tail}".encode())
            good = pc.or_(good, null)
            values = pc.if_else(null, pa.scalar(None, _TEXT), values)
        if escaped or not _is_plain(values):
            values, good = _read(values, good)
        self._must(good)
        return values

    def scalars(self, pieces: pa.Array, head: str, tail: str) -> pa.Array:
        """Values of a field that is a number, true, false or null.

        Args:
            head, tail: what stands before and behind a value.
        """
        before, after = head.encode(), tail.encode()
        good = pc.starts_with(pieces, pattern=before)
        if after:
            good = pc.and_(good, pc.ends_with(pieces, pattern=after))
            values = pc.binary_slice(pieces, len(before), -len(after))
        else:
            values = pc.binary_replace_slice(pieces, 0, len(before), b"")
        values = values.view(_TEXT)
        if not _plain_digits(values):
            good = pc.and_(good, pc.match_substring_regex(values, _SCALAR))
            null = pc.equal(values, "null")
            if null.true_count:
                values = pc.if_else(null, pa.scalar(None, _TEXT), values)
        self._must(good)
        return values

    def _must(self, good: pa.Array) -> None:
        if good.false_count:
            bad = pc.invert(good)
            self.bad = bad if self.bad is None else pc.or_(self.bad, bad)


def _plain_digits(values: pa.Array) -> bool:
    """Whether each value is digits, and none begins with a 0 that it doesn't need."""
    if pc.ascii_is_decimal(values).false_count:
        return False
    led = pc.starts_with(values, pattern="0").true_count
    return not led or led == pc.equal(values, "0").true_count


def _read(values: pa.Array, good: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Texts without their escapes, and which of the good ones are texts."""
    odd = pc.match_substring_regex(values, _ODD).fill_null(False)
    odd = pc.and_(odd, good)  # others are cut anywhere
    if not odd.true_count:
        return values, good
    read = [json_rows.unescaped(value) for value in values.filter(odd).to_pylist()]
    values = pc.replace_with_mask(values, odd, pa.array(read, _TEXT))
    return values, pc.and_not(good, pc.and_(odd, values.is_null()))


def _is_plain(values: pa.Array) -> bool:
    """Whether texts, whatever they are, hold neither a quote nor a control character."""
    held = _bytes(values)
    return not len(held) or _least(held) >= _LEAST and not pc.equal(held, _QUOTE).true_count


def _bytes(values: pa.Array) -> pa.Array:
    """All values' bytes, one behind the other."""
    _, places, data = values.buffers()
    if data is None:
        return pa.array([], _BYTE)
    ends = pa.Array.from_buffers(pa.int64(), values.offset + len(values) + 1, [None, places])
    start, stop = ends[values.offset].as_py(), ends[-1].as_py()
    return pa.Array.from_buffers(_BYTE, stop - start, [None, data], offset=start)


def _least(numbers: pa.Array) -> Any:
    return pc.min(numbers).as_py()
