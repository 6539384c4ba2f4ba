"""A file held against its dataset's contract before it is sent: as a run would, by the same code.

Its shape is compared as that of an object that has landed (`dataplatform.drift`), its first records
are read by the one parser. The rest of it is the pipeline's to judge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.inference.csv_guess import guessed
from cli.push_remedies import unread_file, unread_record
from dataplatform.adapters.samples import SAMPLE_BYTES, sample_from
from dataplatform.drift.compare import compare
from dataplatform.drift.model import Drift, Kind, values_are
from dataplatform.drift.shape import observe
from dataplatform.errors import InvalidInput, Problem, UnreadableObject
from dataplatform.parsing.csv_form import encoding_name
from dataplatform.parsing.model import Block
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import SilverPlan

_CHUNK: Final = 256 * 1024
_FORMATS: Final = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
_PARQUET: Final = b"PAR1"
_NAMED: Final = {"csv": "CSV with a header", "json": "JSON Lines: one object a line"}
_NOTHING: Final = "no records in it, so no row comes of it. Should there be some, ask the source."


class WrongFile(InvalidInput):
    """A file that the dataset's contract wouldn't take; nothing was sent."""


@dataclass(frozen=True)
class Head:
    """What the first records of a file say.

    rows, rejected: records looked at. extra: fields that the contract doesn't know.
    told: what else differs from the contract, and doesn't keep the file back.
    """

    rows: int
    rejected: int
    extra: tuple[str, ...]
    told: tuple[str, ...] = ()


def check(plan: SilverPlan, path: Path) -> tuple[Head | None, list[Problem]]:
    """Hold a file's shape and its first records against the contract.

    Returns:
        What was found, and what is wrong with it.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        return None, [_problem(path, "file", found, "a file", "Check the path.")]
    if wrong := _wrong_format(plan, path):
        return None, [wrong]
    drifts = _drifts(plan, path)
    if breaking := [_of_drift(plan, path, drift) for drift in drifts if drift.breaking]:
        return None, breaking
    try:
        blocks = parse(_chunks(path), format=plan.source.format, columns=plan.fields, csv=plan.csv)
        block = next(blocks, Block())
    except UnreadableObject as error:
        return None, [_unreadable(plan, path, error.what)]
    told = tuple(f"{drift.text}. {drift.remedy}" for drift in drifts if _is_told(drift))
    told += () if block else (_NOTHING,)
    within = [drift.column for drift in drifts if drift.kind == Kind.WITHIN]
    return _head(block, told, within), _faults(plan, path, block)


def _drifts(plan: SilverPlan, path: Path) -> tuple[Drift, ...]:
    """What a run would find of the file; nothing where a sample of it has no shape."""
    size = path.stat().st_size
    with path.open("rb") as file:

        def read(start: int) -> bytes:
            file.seek(start)
            return file.read(SAMPLE_BYTES)

        found = sample_from(read, size)
    shape = observe(found, format=plan.source.format, csv=plan.csv) if found else None
    return compare(shape, plan) if shape else ()


def _is_told(drift: Drift) -> bool:
    """New columns are named from the records themselves; see `Head.extra`."""
    return not drift.breaking and drift.kind in (Kind.MISSING, Kind.RENAMED, Kind.RETYPED)


def _of_drift(plan: SilverPlan, path: Path, drift: Drift) -> Problem:
    """A drift for which the file would wait, with what its sender can do."""
    line = 1 if plan.source.format == "csv" and drift.kind != Kind.RETYPED else None
    form = f", such as {drift.form}" if drift.form else ""
    column, other = drift.column, drift.found
    match drift.kind:
        case Kind.RENAMED:
            found, expected = f'missing; "{other}" looks like it', f"the column {column}"
            remedy = (
                f'If "{other}" is it, call it {_sent_as(plan, column)} in the file, or say '
                f"physicalName: {other} in the contract."
            )
        case Kind.MISSING:
            found, expected = "missing", "each column that the contract requires"
            remedy = f"Add {other} to the file, or let the contract not require {column}."
        case Kind.RETYPED:
            found, expected = f"{values_are(other)}{form}", drift.expected
            remedy = "Mend the values, or the column's type or format in the contract."
        case _:
            found, expected, remedy = other, drift.expected, drift.remedy
    return _problem(path, column or drift.kind, found, expected, remedy, line=line)


def _sent_as(plan: SilverPlan, name: str) -> str:
    """What the file is to call a column of the contract."""
    (field,) = (column.field or column.name for column in plan.columns if column.name == name)
    return field


def _faults(plan: SilverPlan, path: Path, block: Block) -> list[Problem]:
    """What no record has that each needs, or what no record is."""
    if block and not block.read:
        first = block.rejected[0]
        found = f"none of {len(block)} is readable; record {first.position}: {first.reasons[0]}"
        remedy = unread_record(first, path, plan.source.format)
        return [_problem(path, "records", found, _NAMED[plan.source.format], remedy)]
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


def _unreadable(plan: SilverPlan, path: Path, what: str) -> Problem:
    """What no parser can read, as it is written otherwise than the contract says."""
    remedy = unread_file(what, path)
    if plan.source.format == "csv" and (other := guessed(path)[0].encoding) != plan.csv.encoding:
        remedy = (
            f"It may be {encoding_name(other)}. If all files come so, say it in the contract: "
            f"servers.encoding: {encoding_name(other)}. Else write it as "
            f"{encoding_name(plan.csv.encoding)}."
        )
    return _problem(path, "content", what, _NAMED[plan.source.format], remedy)


def _wrong_format(plan: SilverPlan, path: Path) -> Problem | None:
    suffix = Path(path.name.lower().removesuffix(".gz").removesuffix(".gzip")).suffix
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET)) == _PARQUET
    found, wanted = "parquet" if is_parquet else _FORMATS.get(suffix), plan.source.format
    if found in (None, wanted):
        return None
    remedy = f"Send it as {_NAMED[wanted]}."
    if found == "parquet":
        form = "(FORMAT json)" if wanted == "json" else "(HEADER)"
        to = path.with_suffix(".jsonl" if wanted == "json" else ".csv").name
        to = to if to != path.name else f"text-{to}"
        remedy = f"Convert it with DuckDB: COPY (FROM read_parquet('{path.name}')) TO '{to}' {form}"
    return _problem(path, "format", found or "", f"{_NAMED[wanted]} (servers.format)", remedy)


def _head(block: Block, told: tuple[str, ...], within: Sequence[str]) -> Head:
    extra: dict[str, None] = {}
    for row in block.each()[:100]:
        if row.extra:
            extra |= dict.fromkeys(json.loads(row.extra))
    return Head(block.read, len(block.rejected), (*extra, *within), told)


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
