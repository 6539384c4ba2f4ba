"""How a sample of CSV is written, by its bytes: encoding, separator, quotation mark."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.csv_form import (
    ENCODINGS,
    GUESSED,
    RFC_4180,
    SEPARATORS,
    UTF_8,
    UTF_16,
    CsvForm,
    encoding_name,
)
from dataplatform.parsing.csv_rows import csv_reader
from dataplatform.parsing.stream import unpack

UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WINDOWS: Final = ENCODINGS["windows-1252"]
_CHUNK: Final = 1024 * 1024
_HEAD: Final = 64 * 1024
_RECORDS: Final = 200
_ALIKE: Final = 0.9
"""Share of a sample's first records that have as many fields as its header."""


def guessed(path: Path) -> tuple[CsvForm, tuple[str, ...]]:
    """The form that a file of CSV is in, and what a person should know of it.

    A file that fits none is taken for RFC 4180's: the parser then says where it isn't.
    """
    encoding, notes = _encoding(path)
    text = _head(path, encoding)
    form = replace(_separated(text), encoding=encoding)
    if form.delimiter != RFC_4180.delimiter:
        notes.append(f"fields are separated by {SEPARATORS[form.delimiter]} (servers.delimiter)")
    if form.quote != RFC_4180.quote:
        notes.append("fields are quoted with apostrophes (quoteChar of the server)")
    return form, tuple(notes)


def _encoding(path: Path) -> tuple[str, list[str]]:
    """UTF-8 where all of it is, which no other text is by chance; else windows-1252, if it may be.

    Where characters of UTF-8 outnumber what isn't, it is UTF-8 and damaged.
    """
    with path.open("rb") as file:
        if next(_unpacked(file), b"").startswith(UTF_16_MARKS):
            return UTF_16, [f"{encoding_name(UTF_16)} text (servers.encoding)"]
    wrong = _not_utf_8(path)
    if wrong is None or not _is_windows(path):
        return UTF_8, []
    name = encoding_name(_WINDOWS)
    return _WINDOWS, [f"{name} text, as byte {wrong} is no UTF-8 (servers.encoding)"]


def _not_utf_8(path: Path) -> int | None:
    """Where bytes are first that aren't UTF-8; None where there are none."""
    decoder = codecs.getincrementaldecoder(UTF_8)("strict")
    start = 0
    with path.open("rb") as file:
        try:
            for chunk in _unpacked(file):
                held = len(decoder.getstate()[0])
                decoder.decode(chunk)
                start += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return start - held + error.start
        except UnreadableObject:
            pass  # of a damaged gzip the parser tells more
    return None


def _is_windows(path: Path) -> bool:
    strict = codecs.getincrementaldecoder(_WINDOWS)("strict")
    lenient = codecs.getincrementaldecoder(UTF_8)("replace")
    good = bad = 0
    with path.open("rb") as file:
        try:
            for chunk in _unpacked(file):
                strict.decode(chunk)
                text = lenient.decode(chunk)
                wrong = text.count("\ufffd")
                bad += wrong
                good += sum(not character.isascii() for character in text) - wrong
        except (UnicodeDecodeError, UnreadableObject):
            return False
    return bad > good


def _unpacked(file: io.BufferedReader) -> Iterator[bytes]:
    return unpack(iter(lambda: file.read(_CHUNK), b""))


def _head(path: Path, encoding: str) -> str:
    """The first lines, whole ones."""
    with path.open("rb") as file:
        try:
            head = next(_unpacked(file), b"")[:_HEAD]
        except UnreadableObject:
            return ""
    codec = "utf-8-sig" if encoding == UTF_8 else encoding
    text = head.decode(codec, "replace")
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:end] if len(head) == _HEAD and end else text


def _separated(text: str) -> CsvForm:
    """The form by which the first records have most fields, all of them as many as the header."""
    found, most = RFC_4180, 1
    for delimiter in GUESSED:
        form = CsvForm(delimiter=delimiter)
        records = _records(text, form)
        if not records or (width := len(records[0])) <= most:
            continue
        if sum(len(fields) == width for fields in records) >= _ALIKE * len(records):
            found, most = form, width
    if found.delimiter not in text:
        return found
    return replace(found, quote="'") if _has_apostrophes(text, found) else found


def _records(text: str, form: CsvForm) -> list[list[str]]:
    """The first records with a field; up to the first that can't be read."""
    found: list[list[str]] = []
    reader = csv_reader(io.StringIO(text, newline=""), form)
    try:
        for fields in reader:
            if fields:
                found.append(fields)
            if len(found) == _RECORDS:
                break
    except csv.Error:
        pass  # the parser says which record it is
    return found


def _has_apostrophes(text: str, form: CsvForm) -> bool:
    """Whether a column of two records or more has its every value within apostrophes."""
    records = [fields for fields in _records(text, form)[1:] if fields]
    columns = zip(*records, strict=False)
    return len(records) > 1 and any(
        all(len(value) > 1 and value[0] == value[-1] == "'" for value in column)
        for column in columns
    )
