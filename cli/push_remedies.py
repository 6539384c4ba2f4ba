"""What a sender can do about a file that can't be read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dataplatform.parsing.model import Rejected

_GZIP: Final = (".gz", ".gzip")
_OF_FILES: Final = (
    ("truncated gzip", "Fetch or compress it again: its end is missing."),
    ("damaged gzip", "Fetch or compress it again."),
    ("NUL", "It is no text, or was cut off while it was written: write it again, as UTF-8."),
    ("never closes", 'Close the quote; a quotation mark within a value is written twice: "".'),
    ("stands there twice", "Give each column of the first line a name of its own."),
    ("wrong header", "Write the columns' names on the first line."),
    ("longer than", "Write each record on a line of its own, and large values elsewhere."),
)
"""By words of what is wrong; the first that fits."""


def unread_file(what: str, path: Path) -> str:
    """Where the bytes of a file tell no records.

    Args:
        what: is wrong, as the parser says it.
    """
    if what.startswith("not "):  # not UTF-8 at byte 3
        with path.open("rb") as file:
            marked = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        by = "utf-16" if marked else "ITS_ENCODING"
        return f"Write it as UTF-8: {_command(f'iconv -f {by} -t utf-8', path.name)}"
    return next((remedy for words, remedy in _OF_FILES if words in what), "Mend the file.")


def unread_record(first: Rejected, path: Path, format: str) -> str:
    """Where no record of a file can be read.

    Args:
        first: the first of them.
    """
    reason = first.reasons[0]
    if format == "csv":
        if "fields where" in reason:
            return "Write a value for each name of the first line; quote one that holds a comma."
        return 'Quote a whole value or nothing of it; a quotation mark within is written "".'
    if "nested too deeply" in reason:
        return "Send what is nested so deep as text, or as records of its own."
    if not first.source.lstrip().startswith(("{", "[")):
        return "Send JSON: one object on each line."
    # One record over several lines, or all in one array.
    by = "'.[]'" if "an array" in reason else "."
    return f"Write each record on one line: {_command(f'jq -c {by}', path.name, '.jsonl')}"


def _command(program: str, name: str, suffix: str = "") -> str:
    """A command that makes another file of a file, which stays as it is."""
    packed = name.lower().endswith(_GZIP)
    plain = Path(name).stem if packed else name
    to = Path(plain).with_suffix(suffix).name if suffix else plain
    to = f"new-{to}" if to == name else to
    return f"gzip -dc {name} | {program} > {to}" if packed else f"{program} {name} > {to}"
