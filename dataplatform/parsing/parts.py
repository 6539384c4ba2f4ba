"""Parts of an object of lines: a line belongs to the part in which it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

PART_BYTES: Final = 128 * 1024**2
"""About 15 seconds of parsing: small beside a task's start, and a lost task costs little."""


def parts(size: int, *, each: int = PART_BYTES) -> list[tuple[int, int]]:
    """Where parts of an object begin and stop, in bytes; together they are all of it."""
    return [(start, min(start + each, size)) for start in range(0, size, each)]


def lines_of_part(read: Callable[[int], Iterator[bytes]], start: int, stop: int) -> Iterator[bytes]:
    r"""The bytes of the lines that begin in [start, stop), the last one whole.

    Lines end with \n, a byte that is part of no other character in UTF-8.

    Args:
        read: the object's bytes from an offset to its end, in chunks; it is left when the lines are
            complete.
    """
    at = max(start - 1, 0)  # a line begins at `start` where the byte before it ends one
    inside = start == 0
    for piece in read(at):
        chunk, begin, at = piece, at, at + len(piece)
        if not inside:
            end = chunk.find(b"\n", 0, max(stop - 1 - begin, 0))
            if end < 0:
                if at >= stop - 1:
                    return
                continue
            inside, begin, chunk = True, begin + end + 1, chunk[end + 1 :]
        if at >= stop:
            end = chunk.find(b"\n", max(stop - 1 - begin, 0))
            if end >= 0:
                yield chunk[: end + 1]
                return
        yield chunk
