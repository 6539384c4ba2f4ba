"""A contract against the JSON schema of the ODCS version that it names.

Weir's own rules speak first, since they know what a contract is for; the standard's schema is asked
last, and only what nothing else has been said about is told in its words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jsonschema_rs import ValidationError, ValidationErrorKind, Validator, validator_for

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.kinds import kind_words
from dataplatform.suggestions import did_you_mean

VERSIONS: Final = ("v3.1.0", "v3.2.0")
"""The versions of ODCS that are understood, each with its schema."""

_SCHEMAS: Final = Path(__file__).parent / "odcs"
_UNKNOWN_KEYS: Final = (
    ValidationErrorKind.UnevaluatedProperties,
    ValidationErrorKind.AdditionalProperties,
)
_FORMS: Final[dict[str | int, str]] = {
    "StableId": "letters, digits, hyphens and underscores",
    "ShorthandReference": "table.column",
    "FullyQualifiedReference": "schema/<id>/properties/<id>",
}
"""What the definitions ask of a text, whose patterns nobody wants to read."""

_INSIDE: Final = ("allOf", "anyOf", "oneOf", "if", "then", "else", "$ref")


@dataclass(frozen=True)
class _Fault:
    """What the schema refuses at one place; a fault of a whole says that no form of it fits."""

    place: Place
    expected: str
    found: str = ""
    remedy: str = ""
    """As `Findings.add` takes them."""
    of_a_whole: bool = False


def check_standard(findings: Findings) -> None:
    """Note what the standard's schema refuses, where nothing has been noted already."""
    version = str(findings.document.data.get("apiVersion"))
    version = version if version in VERSIONS else VERSIONS[0]
    known = set(findings.places)
    seen: set[Place] = set()
    for fault in _faults(version, findings.document.data, known):
        if fault.place in known or fault.place in seen:
            continue
        if fault.of_a_whole and any(_is_within(place, fault.place) for place in known | seen):
            continue
        seen.add(fault.place)
        findings.add(fault.place, fault.expected, found=fault.found, remedy=fault.remedy)


def _faults(version: str, data: dict[str, Any], known: Set[Place]) -> list[_Fault]:
    """Those of parts before those of the wholes that they are part of.

    Args:
        known: where faults have been noted already.
    """
    errors = list(_validator(version).iter_errors(_as_json(data)))
    keys = [error for error in errors if isinstance(error.kind, _UNKNOWN_KEYS)]
    others = [error for error in errors if not isinstance(error.kind, _UNKNOWN_KEYS)]
    faults = [fault for error in others for fault in _told(error)]
    places = [*known, *(fault.place for fault in faults)]
    # Deepest first: a key is unexpected, too, where a part of the form that has it is at fault.
    for error in sorted(keys, key=lambda error: -len(error.instance_path)):
        unknown = list(_unexpected(version, error, places))
        faults += unknown
        places += [fault.place for fault in unknown]
    return sorted(faults, key=lambda fault: fault.of_a_whole)


def _told(error: ValidationError) -> Iterator[_Fault]:
    """An error in a person's words; of a choice of forms, that of the form that was meant."""
    place = tuple(error.instance_path)
    kind = error.kind
    match kind:
        case ValidationErrorKind.AnyOf() | ValidationErrorKind.OneOfNotValid():
            yield from _of_forms(place, kind.context)
        case ValidationErrorKind.OneOfMultipleValid():
            yield _Fault(place, "one form of ODCS: keys of two stand together", of_a_whole=True)
        case ValidationErrorKind.Required():
            key = kind.property
            yield _Fault(
                (*place, key), f'"{key}", which ODCS asks for here', remedy=f"Write {key}: …"
            )
        case ValidationErrorKind.Type():
            yield _Fault(place, *_typed(kind.types))
        case ValidationErrorKind.Enum():
            yield _Fault(place, *_of_words([str(word) for word in kind.options], error.instance))
        case ValidationErrorKind.Constant():
            value = json.dumps(kind.expected_value, ensure_ascii=False)
            yield _Fault(place, value, remedy=f"Write {value}.")
        case ValidationErrorKind.Pattern():
            yield _Fault(place, *_formed(kind.pattern, error.schema_path))
        case _:
            remedy = "Write it as ODCS does, or take it out."
            yield _Fault(place, f"what ODCS allows: {error.message}", remedy=remedy)


def _of_forms(place: Place, forms: Sequence[Sequence[ValidationError]]) -> Iterator[_Fault]:
    """The faults of the one form that is of the value's kind; else what the forms have to be."""
    told = [[fault for error in form for fault in _told(error)] for form in forms]
    near = [
        faults
        for form, faults in zip(forms, told, strict=True)
        if not any(
            isinstance(error.kind, ValidationErrorKind.Type) and tuple(error.instance_path) == place
            for error in form
        )
    ]
    if len(near) == 1:
        yield from near[0]
        return
    wanted = dict.fromkeys(fault.expected for faults in near or told for fault in faults)
    remedies = {fault.remedy for faults in near or told for fault in faults}
    remedy = remedies.pop() if len(remedies) == 1 else "Write one of them."
    yield _Fault(place, " or ".join(wanted), remedy=remedy, of_a_whole=True)


def _of_words(words: Sequence[str], value: Any) -> tuple[str, str, str]:
    if len(words) == 1:
        return f'"{words[0]}"', "", f"Write {words[0]}."
    near = did_you_mean(value, words)
    expected = f"one of ODCS's words: {', '.join(words)}"
    return expected, "", near or f"Write {words[0]}, or another of them."


def _formed(pattern: str, schema_path: Sequence[str | int]) -> tuple[str, str, str]:
    form = next((_FORMS[step] for step in schema_path if step in _FORMS), f"text like {pattern}")
    return form, "", "Write it as ODCS does, or take it out."


def _typed(types: Sequence[str]) -> tuple[str, str, str]:
    """Expected, found (the value itself) and remedy of a value of a wrong kind."""
    words = [kind_words(name) for name in types if name != "null"]
    remedy = words[0][1] if len(words) == 1 else "Write one of them."
    return " or ".join(expected for expected, _ in words), "", remedy


def _unexpected(version: str, error: ValidationError, places: Sequence[Place]) -> Iterator[_Fault]:
    place = tuple(error.instance_path)
    schema = _schema(version)
    declared = _declared(schema, _at(schema, error.schema_path[:-1]), set())
    kind = error.kind
    assert isinstance(kind, _UNKNOWN_KEYS)
    at_fault = any(_is_within(other, place) for other in places)
    for key in kind.unexpected:
        if key in declared and at_fault:
            continue
        if key in declared:
            expected = "keys of its own type alone"
            yield _Fault((*place, key), expected, f'"{key}", of another type', "Take it out.")
            continue
        elsewhere = _version_with(key, version, error.schema_path[:-1])
        remedy = (
            f"ODCS {elsewhere} has it: write apiVersion: {elsewhere}."
            if elsewhere
            else did_you_mean(key, declared) or "Take it out; a comment can keep it."
        )
        expected = f"a key that ODCS {version} has here"
        yield _Fault((*place, key), expected, f'unknown key "{key}"', remedy)


def _version_with(key: str, version: str, schema_path: Sequence[str | int]) -> str:
    """Another version of ODCS that has the key there; "" where none has."""
    for other in VERSIONS:
        if other != version:
            schema = _schema(other)
            if key in _declared(schema, _at(schema, schema_path), set()):
                return other
    return ""


def _at(schema: Any, path: Sequence[str | int]) -> Any:
    """The part of a schema at a path; nothing where there is none."""
    for step in path:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return {}
    return schema


def _declared(schema: dict[str, Any], part: Any, seen: set[int]) -> set[str]:
    """Keys that any form of a part of the schema has."""
    if isinstance(part, list):
        return {key for each in part for key in _declared(schema, each, seen)}
    if isinstance(part, str):
        part = _at(schema, part.removeprefix("#/").split("/"))
    if not isinstance(part, dict) or id(part) in seen:
        return set()
    seen.add(id(part))
    inside = [part[word] for word in _INSIDE if word in part]
    return set(part.get("properties", ())) | _declared(schema, inside, seen)


def _is_within(place: Place, whole: Place) -> bool:
    return place[: len(whole)] == whole


def _as_json(value: Any) -> Any:
    """YAML's dates as the text that they are in JSON."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, date):  # datetimes are dates, too
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@lru_cache
def _schema(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_SCHEMAS / f"{version}.schema.json").read_text())
    return found


@lru_cache
def _validator(version: str) -> Validator:
    return validator_for(_schema(version))
