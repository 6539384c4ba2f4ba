"""JSON that isn't one object a line (an array, or pretty-printed) as JSON Lines, as it was written.

Each record's own text is kept, so 1.10 stays 1.10; only line ends between its parts go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cli.inference.model import Sample
from cli.inference.reading import Show, unusable
from dataplatform.errors import UnreadableObject
from dataplatform.parsing.json_rows import fault
from dataplatform.parsing.model import MAX_RECORD_CHARS
from dataplatform.parsing.stream import decode, unpack

_PIECE: Final = 1024 * 1024
_BETWEEN: Final = " \t\r\n,"
_SHOWN_EVERY: Final = 10_000


def is_json_lines(head: bytes) -> bool:
    """Whether a text that begins so has a whole JSON object on its first line."""
    line, end, _ = head.partition(b"\n")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        # A first line longer than what was read: an object a line, unless it begins an array.
        return not end and head.startswith(b"{")
    return isinstance(found, dict)


def as_json_lines(origin: str, path: Path, to: Path, show: Show) -> Sample:
    """Write every record of a JSON document on a line of its own.

    Raises:
        UnusableSample: it isn't JSON, or what is in it aren't objects.
    """
    count = 0
    try:
        with path.open("rb") as file, to.open("w", encoding="utf-8", newline="\n") as out:
            pieces = decode(unpack(iter(lambda: file.read(_PIECE), b"")))
            for record in _values(origin, pieces):
                count += 1
                if wrong := fault(record):
                    raise unusable(origin, f"value {count}: {wrong}", "JSON objects: the records")
                out.write(record + "\n")
                if count % _SHOWN_EVERY == 0:
                    show(f"{count:,} records written one a line")
    except UnreadableObject as error:
        raise unusable(origin, error.what, "JSON in UTF-8") from error
    note = "was written one record a line: the platform reads JSON Lines, so send files like that"
    return Sample(path=to, name=to.name, format="json", origin=origin, notes=(note,))


def _values(origin: str, pieces: Iterator[str]) -> Iterator[str]:
    """The text of each value of an array, or of values one after the other, on one line each."""
    decoder = json.JSONDecoder()
    held, begun, in_array = "", False, False
    for piece in (*(), *_with_end(pieces)):
        held += piece or ""
        at = 0
        if not begun and held.lstrip(_BETWEEN):
            begun = True
            held = held.lstrip(_BETWEEN)
            in_array = held.startswith("[")
            at = 1 if in_array else 0
        while True:
            while at < len(held) and held[at] in _BETWEEN:
                at += 1
            if at == len(held) or (in_array and held[at] == "]"):
                break
            try:
                _, end = decoder.raw_decode(held, at)
            except (ValueError, RecursionError) as error:
                if piece is None or len(held) - at > MAX_RECORD_CHARS:
                    raise unusable(
                        origin, f"not JSON: {getattr(error, 'msg', 'nested too deeply')}", "JSON"
                    ) from error
                break
            yield " ".join(held[at:end].splitlines())
            at = end
        held = held[at:]
    if in_array and held.strip(_BETWEEN) != "]":
        raise unusable(origin, "an array that never ends", "JSON")


def _with_end(pieces: Iterator[str]) -> Iterator[str | None]:
    yield from pieces
    yield None
