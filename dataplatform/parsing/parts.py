"""Parts of an object of lines: a line belongs to the part in which it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

PART_BYTES: Final = 128 * 1024**2
"""About 15 seconds of parsing: small beside a task's start, and a lost task costs little."""

_BLANK: Final = b" \t\r"


def parts(size: int, *, each: int = PART_BYTES) -> list[tuple[int, int]]:
    """Where parts of an object begin and stop, in bytes; together they are all of it."""
    return [(start, min(start + each, size)) for start in range(0, size, each)]


def count_by_part(chunks: Iterable[bytes], *, each: int = PART_BYTES) -> list[int]:
    """How many lines that aren't blank begin in each part of an object.

    Without a look at what the bytes mean: whoever parses a part holds its count against this.
    """
    counts, at = [0], 0
    begun, blank = 0, True  # of the line that the last byte belongs to
    for chunk in chunks:
        start = 0
        while start < len(chunk):
            part = (at + start) // each
            piece = chunk[start : (part + 1) * each - at]
            start += len(piece)
            counts += [0] * (part + 1 - len(counts))
            first, *others = piece.split(b"\n")
            if blank and first.strip(_BLANK):
                counts[begun] += 1
                blank = False
            if others:
                counts[part] += sum(1 for line in others if line.strip(_BLANK))
                blank = not others[-1].strip(_BLANK)
                begun = part if others[-1] else (at + start) // each
        at += len(chunk)
    return counts


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
