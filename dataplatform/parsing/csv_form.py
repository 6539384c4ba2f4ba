"""How the CSV files of a dataset are written: what a contract says of them beside their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "vertical bars",
    ":": "colons",
    "^": "carets",
    "~": "tildes",
}
"""What may stand between two fields, and what a person calls it."""

GUESSED: Final = (",", ";", "\t", "|")
"""Those that a file without a contract is tried with; the others stand in too many texts."""

UTF_8: Final = "utf-8"
UTF_16: Final = "utf-16"
ENCODINGS: Final = {
    "UTF-8": UTF_8,
    "US-ASCII": "ascii",
    "ISO-8859-1": "iso8859-1",
    "ISO-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "UTF-16": UTF_16,
}
"""IANA's names of the encodings that are read, each with Python's name of its decoder."""


@dataclass(frozen=True)
class CsvForm:
    """How CSV is written.

    quote: "" where a quotation mark is a character like any other.
    encoding: Python's name: a value of `ENCODINGS`.
    optional: names that a header may lack; their values are missing then.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = UTF_8
    optional: frozenset[str] = frozenset()


RFC_4180: Final = CsvForm()
"""Commas, double quotes, UTF-8."""


def encoding_name(codec: str) -> str:
    """IANA's name of an encoding that is read, as people are told it."""
    return next(name for name, python in ENCODINGS.items() if python == codec)


def other_separator(header: Sequence[str], delimiter: str = ",") -> str:
    """What a header seems to be separated by, where it is one field that this would split.

    Returns:
        "" where nothing speaks for another separator.
    """
    if len(header) != 1:
        return ""
    likeliest = max((one for one in GUESSED if one != delimiter), key=header[0].count)
    return likeliest if likeliest in header[0] else ""
