"""A sample from where it is: a file, a web address; as a file that the platform's parser takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cli.inference.csv_guess import UTF_16_MARKS, guessed
from cli.inference.documents import as_json_lines, is_json_lines
from cli.inference.download import fetched, origin_of
from cli.inference.model import Sample
from cli.inference.parquet import json_lines_of
from cli.inference.postgres import SCHEMES, json_lines_of_table
from cli.inference.reading import Show, unusable
from dataplatform.parsing.stream import is_packed, unpack

_WEB: Final = ("http", "https")
_BLANK: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"
_HEAD: Final = 64 * 1024
_MAGIC: Final = {
    b"PK\x03\x04": ("a ZIP archive or a spreadsheet", "Save the sheet as CSV, or unpack it."),
    b"%PDF": ("a PDF document", "Save its table as CSV."),
    b"Obj\x01": ("an Avro file", "Write it as Parquet or JSON Lines."),
    b"ORC": ("an ORC file", "Write it as Parquet or JSON Lines."),
}


def located(origin: str, folder: Path, show: Show) -> Sample:
    """Bring a sample here; its format is told by its bytes, whatever it is called.

    Args:
        origin: a path, an http(s) address, or a table: postgres://…
        folder: for what is fetched or converted.

    Raises:
        UnusableSample: it isn't there, or nothing that a contract can be made from.
    """
    address = urlsplit(origin)
    if address.scheme in SCHEMES:
        return json_lines_of_table(origin, folder, show)
    if address.scheme in _WEB:
        return _understood(origin_of(origin), fetched(origin, folder, show), folder, show)
    if "://" in origin:
        raise unusable(
            origin,
            f"an address of {address.scheme}://",
            "a file, or an address of http://, https:// or postgres://",
            "Fetch it first, then name the file.",
        )
    path = Path(origin).expanduser()
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise unusable(origin, found, "a file with a sample of the data")
    return _understood(path.name, path, folder, show)


def _understood(origin: str, path: Path, folder: Path, show: Show) -> Sample:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PAR1"):
        return json_lines_of(origin, path, folder / f"{_stem(path)}.jsonl", show)
    for magic, (found, remedy) in _MAGIC.items():
        if head.startswith(magic):
            raise unusable(origin, found, "CSV, JSON or Parquet", remedy)
    text = _text(origin, path, head)
    if not text:
        raise unusable(origin, "an empty file", "one record or more")
    if text[:1] not in (b"{", b"["):
        form, notes = guessed(path)
        name = _name(path, "csv")
        return Sample(path=path, name=name, format="csv", origin=origin, csv=form, notes=notes)
    if head.startswith(UTF_16_MARKS):
        remedy = "Write it as UTF-8: iconv -f UTF-16 -t UTF-8."
        raise unusable(origin, "JSON in UTF-16", "JSON in UTF-8", remedy)
    if is_json_lines(text):
        return Sample(path=path, name=_name(path, "jsonl"), format="json", origin=origin)
    return as_json_lines(origin, path, folder / f"{_stem(path)}.jsonl", show)


def _text(origin: str, path: Path, head: bytes) -> bytes:
    """The beginning of the text, unpacked, without blanks before it."""
    if is_packed(head):
        with path.open("rb") as file:
            head = next(iter(unpack(iter(lambda: file.read(_HEAD), b""))), b"")
    if head.startswith(UTF_16_MARKS):
        head = head.decode("utf-16", "replace").encode()
    return head.removeprefix(_BOM).lstrip(_BLANK)


def _name(path: Path, suffix: str) -> str:
    """A name for landing; the file's own where it is one."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.name).strip("._")
    return name if "." in name else f"{name or 'sample'}.{suffix}"


def _stem(path: Path) -> str:
    return _name(path, "x").split(".")[0]
