"""A contract's YAML with what was found added to it; comments, order and quotes stay."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cli.contracts.patch_within import added, place_within
from cli.inference.meaning import personal
from dataplatform.contracts.column_names import NAME, column_called
from dataplatform.contracts.differences.widening import widens
from dataplatform.contracts.types import decimal_parts
from dataplatform.drift.model import Kind
from dataplatform.drift.values import ARRAY, MIXED, OBJECT, widest
from dataplatform.ledger.drift import DriftNote

_STYLES: Final = (
    {"mapping": 2, "sequence": 4, "offset": 2},
    {"mapping": 2, "sequence": 2, "offset": 0},
)
_LOGICAL: Final = {"int": "integer", "bigint": "integer", "double": "number"}
_PHYSICAL: Final = {"bigint": "BIGINT", "double": "DOUBLE"}
_WITHIN: Final = {
    OBJECT: "To have it, add it to the properties of {place}, with properties of its own.",
    ARRAY: "To have it, add it to the properties of {place}, with items of its own.",
    MIXED: "No column of {place} can hold it. Ask the source for one type.",
}
"""What a person does about a field that one line can't declare."""


@dataclass
class Patch:
    """A proposal for one contract.

    before, after: the file's text. added, widened: names of columns. asked: what a person must
    decide, in words; some of it stands in the file as comments, too.
    """

    file: str
    before: str
    after: str = ""
    added: list[str] = field(default_factory=list)
    widened: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def diff(self) -> str:
        """A unified diff, as `git apply` takes it; "" where nothing changes."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.file}",
            f"b/{self.file}",
        )
        return "".join(lines)


def proposed(file: str, text: str, notes: Sequence[DriftNote]) -> Patch:
    """What a contract would say if its source is right.

    Args:
        text: the contract, which must be valid.
        notes: its open drift.
    """
    patch = Patch(file, text)
    within = [note for note in notes if note.kind == Kind.WITHIN]
    for note in within:
        text = _add_within(text, note, patch)
    yaml = _round_trip(text)
    contract = yaml.load(text)
    columns = contract["schema"][0]["properties"]
    for note in (note for note in notes if note not in within):
        match note.kind:
            case Kind.NEW:
                _add(columns, note, patch)
            case Kind.RETYPED:
                _widen(columns, note, patch)
            case Kind.RENAMED:
                _ask_of_rename(columns, note, patch)
            case _:
                patch.asked.append(f"{note.text}: {note.remedy}")
    if patch.added or patch.widened:
        contract["version"] = _minor(str(contract["version"]))
    written = io.StringIO()
    yaml.dump(contract, written)
    patch.after = written.getvalue()
    return patch


def _round_trip(text: str) -> YAML:
    """YAML in the file's own indentation, so that nothing else of it changes."""
    for style in _STYLES:
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = 4096
        yaml.indent(**style)
        written = io.StringIO()
        yaml.dump(yaml.load(text), written)
        if written.getvalue() == text:
            return yaml
    return yaml


def _add(columns: CommentedSeq, note: DriftNote, patch: Patch) -> None:
    about = _about(note.column, note.found)
    if _column(columns, about["name"]) is not None:
        patch.asked.append(_taken(note, about["name"], "column"))
        return
    columns.append(CommentedMap(about))
    patch.added.append(f"{about['name']} ({note.found})")


def _add_within(text: str, note: DriftNote, patch: Patch) -> str:
    """The text with a field that is new in an object; as it was where a person must say more."""
    place = place_within(text, note.column)
    if place is None:
        patch.asked.append(f"{note.text}: the contract has no such object any more.")
        return text
    if note.found in (OBJECT, ARRAY, MIXED):
        patch.asked.append(f"{note.text}: {_WITHIN[note.found].format(place=place.path)}")
        return text
    about = _about(place.field, note.found)
    if {about["name"], place.field.lower()} & place.names:
        patch.asked.append(_taken(note, about["name"], "property"))
        return text
    patch.added.append(f"{place.path}.{about['name']} ({note.found})")
    return added(text, place, about)


def _about(field: str, kind: str) -> dict[str, str]:
    """What a contract says of a new field: name, type, and whether it is personal by its name.

    The ledger's note has no value that could say so.
    """
    name = field if NAME.fullmatch(field) else column_called(field)
    called = {} if name == field else {"physicalName": field}
    private = kind in ("string", "date") and personal(name, {})
    return {"name": name, **called, **_type(kind), **({"classification": "pii"} if private else {})}


def _taken(note: DriftNote, name: str, what: str) -> str:
    return f'{note.text}: choose a name for it; "{name}" is a {what} already.'


def _widen(columns: CommentedSeq, note: DriftNote, patch: Patch) -> None:
    column = _column(columns, note.column)
    wider = widest(note.expected, note.found)
    if column is None or not widens(note.expected, wider):
        into = "that" if wider == MIXED else wider
        patch.asked.append(
            f"{note.text}: a table can't become {into} in place. Ask the source for "
            f"{note.expected}; or add a column of another name, and take this one out later."
        )
        return
    column.pop("physicalType", None)
    column.update(_type(wider))
    patch.widened.append(f"{note.column} ({note.expected} to {wider})")


def _ask_of_rename(columns: CommentedSeq, note: DriftNote, patch: Patch) -> None:
    """A rename is a person's to say: as a comment, above the column."""
    index = next((i for i, c in enumerate(columns) if c.get("name") == note.column), None)
    if index is None:
        return
    said = f'Is "{note.found}" this column, renamed by its source? Then: physicalName: {note.found}'
    patch.asked.append(f"{note.column}: {said}")
    columns.yaml_set_comment_before_after_key(index, before=said, indent=_indent(columns, index))


def _indent(columns: CommentedSeq, index: int) -> int:
    """Where the dash of a list's item stands."""
    return max(int(columns.lc.data[index][1]) - 2, 0)


def _column(columns: CommentedSeq, name: str) -> CommentedMap | None:
    return next((column for column in columns if column.get("name") == name), None)


def _type(kind: str) -> dict[str, str]:
    parts = decimal_parts(kind)
    if parts:
        return {"logicalType": "number", "physicalType": f"DECIMAL({parts[0]},{parts[1]})"}
    said = {"logicalType": _LOGICAL.get(kind, kind)}
    return said | ({"physicalType": _PHYSICAL[kind]} if kind in _PHYSICAL else {})


def _minor(version: str) -> str:
    """`1.3.0` after `1.2.5`."""
    major, minor, _ = (int(part) for part in version.split("."))
    return f"{major}.{minor + 1}.0"
