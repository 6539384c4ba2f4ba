"""A file held against its dataset's contract before it is sent: its head, by the one parser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataplatform.contracts.findings import nearest
from dataplatform.errors import InvalidInput, Problem, UnreadableObject
from dataplatform.parsing.csv_form import SEPARATORS, other_separator
from dataplatform.parsing.csv_rows import csv_header
from dataplatform.parsing.model import Block
from dataplatform.parsing.parser import parse
from dataplatform.parsing.stream import decode, unpack
from dataplatform.plans.model import SilverPlan

_CHUNK: Final = 256 * 1024
_FORMATS: Final = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
_NAMED: Final = {"csv": "CSV with a header", "json": "JSON Lines: one object a line"}


class WrongFile(InvalidInput):
    """A file that the dataset's contract wouldn't take; nothing was sent."""


@dataclass(frozen=True)
class Head:
    """What the first records of a file say.

    rows, rejected: records looked at. extra: fields that the contract doesn't know.
    """

    rows: int
    rejected: int
    extra: tuple[str, ...]


def check(plan: SilverPlan, path: Path) -> tuple[Head | None, list[Problem]]:
    """Hold a file's first records against the contract; the rest is the pipeline's to judge.

    Returns:
        What was found, and what is wrong with it.
    """
    if not path.is_file():
        return None, [_problem(path, "file", "no such file", "a file", "Check the path.")]
    if wrong := _wrong_format(plan, path):
        return None, [wrong]
    try:
        missing = _missing(plan, path)
        if missing:
            return None, missing
        blocks = parse(_chunks(path), format=plan.source.format, columns=plan.fields, csv=plan.csv)
        block = next(blocks, Block())
    except UnreadableObject as error:
        expected = _NAMED[plan.source.format]
        return None, [_problem(path, "content", error.what, expected, "Mend the file.")]
    return _head(block), _faults(plan, path, block)


def _faults(plan: SilverPlan, path: Path, block: Block) -> list[Problem]:
    """JSON has no header: what no record has, or what no record is."""
    if not block:
        return [_problem(path, "content", "no records", "one record or more")]
    if not block.read:
        first = block.rejected[0]
        found = f"none of {len(block)} is readable; record {first.position}: {first.reasons[0]}"
        return [_problem(path, "records", found, _NAMED[plan.source.format])]
    sent = [row for row in block.each() if row.op != "delete"]  # of a delete the key is enough
    if plan.source.format != "json" or not sent:
        return []
    return [
        _problem(
            path,
            column.field or column.name,
            f"absent from the first {len(sent)} records",
            f"the contract's {column.name}, which is required",
            "Name the field as the contract does, or let the contract not require it.",
        )
        for number, column in enumerate(plan.columns)
        if column.required and all(row.values[number] is None for row in sent)
    ]


def _missing(plan: SilverPlan, path: Path) -> list[Problem]:
    """Columns that a CSV's header lacks; optional ones where it seems to call them otherwise."""
    if plan.source.format != "csv":
        return []
    form = plan.csv
    header = csv_header(decode(unpack(_chunks(path)), encoding=form.encoding), form)
    if other := other_separator(header, form.delimiter):
        found, expected = f"fields separated by {SEPARATORS[other]}", SEPARATORS[form.delimiter]
        remedy = f"If all files come so, say it in the contract: servers.delimiter: {other!r}"
        return [_problem(path, "header", found, expected, remedy, line=1)]
    unknown = [name for name in header if name not in plan.fields]
    missing = [name for name in plan.fields if name not in header]
    if len(missing) < len(plan.fields):  # of a header with no column at all, none is optional
        missing = [n for n in missing if n not in form.optional or nearest(n, unknown)]
    return [
        _problem(
            path,
            name,
            f"no such column in {', '.join(header)}" if header else "an empty file",
            "each column that the contract requires in the header",
            _remedy(name, nearest(name, unknown)),
            line=1,
        )
        for name in missing
    ]


def _remedy(name: str, alike: str) -> str:
    if alike:
        return f'If "{alike}" is it, call it {name} in the file, or say so in the contract.'
    return f"Add the column {name}, or let the contract not require it."


def _wrong_format(plan: SilverPlan, path: Path) -> Problem | None:
    suffix = Path(path.name.lower().removesuffix(".gz").removesuffix(".gzip")).suffix
    found, wanted = _FORMATS.get(suffix), plan.source.format
    if found in (None, wanted):
        return None
    remedy = f"Send it as {_NAMED[wanted]}."
    if found == "parquet":
        form = "(FORMAT json)" if wanted == "json" else "(HEADER)"
        to = path.with_suffix(".jsonl" if wanted == "json" else ".csv").name
        remedy = f"Convert it with DuckDB: COPY (FROM '{path.name}') TO '{to}' {form}"
    return _problem(path, "format", found or "", f"{_NAMED[wanted]} (servers.format)", remedy)


def _head(block: Block) -> Head:
    extra: dict[str, None] = {}
    for row in block.each()[:100]:
        if row.extra:
            extra |= dict.fromkeys(json.loads(row.extra))
    return Head(block.read, len(block.rejected), tuple(extra))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _problem(
    path: Path, field: str, found: str, expected: str, remedy: str = "", *, line: int | None = None
) -> Problem:
    return Problem(
        file=str(path), line=line, field=field, found=found, expected=expected, remedy=remedy
    )
