r"""JSON Lines to Arrow columns: as `json_rows` reads them, in a fraction of its time.

A record whose fields stand in a known order is cut at the commas between them: `{"a":1,"b":"x"}`
is `{"a":1` and `"b":"x"}`. Arrow's CSV reader does that with lines of one shape, and each piece is
then held against what it may be, a column at a time. So nothing is taken that isn't a record; lines
of another shape, or of none, are left to `json_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from dataplatform.parsing import json_rows
from dataplatform.parsing.json_shape import Cut, Shape
from dataplatform.parsing.model import INSERT, Block, Plain

_AT_ONCE: Final = 2 * 1024 * 1024
"""Characters: a call of a kernel costs little beside what it does with so many; all fit a cache."""

_LEAST: Final = 64 * 1024
"""Characters; with fewer it isn't."""

_TEXT: Final = pa.large_string()


def json_blocks(texts: Iterable[str], columns: Sequence[str]) -> Iterator[Block]:
    """Parse JSON Lines as `json_rows.json_blocks` does, to the same records.

    Raises:
        UnreadableObject: as there.
    """
    position = 0
    for text in json_rows.whole_lines(texts, at_once=_AT_ONCE):
        for block in _blocks(position, text, columns):
            if block:
                yield block
                position += len(block)


def _blocks(position: int, text: str, columns: Sequence[str]) -> Iterator[Block]:
    shape = Shape.of(text, columns) if len(text) >= _LEAST else None
    cut = shape.cut(text) if shape else None
    if cut is None:
        yield json_rows.block(position, text, columns)
        return
    lines = text.split("\n") if cut.others else []
    line = taken = 0
    for other in (*cut.others, None):
        count = (cut.rows - taken) if other is None else other - line
        if count:
            yield Block(plain=_plain(position + 1, cut, taken, count, columns))
            position, taken = position + count, taken + count
        if other is not None:
            block = json_rows.block(position, lines[other], columns)
            yield block
            position, line = position + len(block), other + 1


def _plain(first: int, cut: Cut, start: int, count: int, columns: Sequence[str]) -> Plain:
    """Rows of those cut, as the contract's columns; one that no record has is null."""
    none = pa.nulls(count, _TEXT)
    values = (
        cut.values[name].slice(start, count) if name in cut.values else none for name in columns
    )
    return _ArrowPlain(first, [ArrowColumn(value) for value in values])


class ArrowColumn(Sequence[Any]):
    """Values that Arrow holds: `pa.array` takes them as they are, all others as Python's."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> Any:
        found = self._array[index]
        return found.to_pylist() if isinstance(index, slice) else found.as_py()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._array.to_pylist())

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        return self._array.__arrow_c_array__(requested_schema)


class _ArrowPlain(Plain):
    """Records by column, in Arrow's memory."""

    def columns(self) -> tuple[Sequence[Any], ...]:
        count = len(self.positions)
        counted = pc.indices_nonzero(pa.repeat(True, count)).cast(pa.int64())  # 0, 1, 2, ...
        ops = pa.repeat(pa.scalar(INSERT, _TEXT), count)
        known = (pc.add(counted, self.first), ops, pa.nulls(count, _TEXT))
        return (*map(ArrowColumn, known), *self.values)
