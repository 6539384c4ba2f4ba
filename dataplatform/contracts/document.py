"""YAML as plain values, with the line that each key stands on.

YAML 1.2 (ruamel): `no` is text, not false, so that a country code stays one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from dataplatform.errors import InvalidContract, Problem

Place = tuple[str | int, ...]
"""Where a value stands in the document: keys and list positions from the top."""

_UNREADABLE = "Nothing was synthesized: this file can't be read."


@dataclass(frozen=True)
class Document:
    """One YAML file.

    Attributes:
        file: as problems should name it.
        data: the document as dicts, lists and scalars.
        lines: line (from 1) of each key or list item.
        repeated: places of keys that stand twice in one mapping; the last one counts.
    """

    file: str
    data: dict[str, Any]
    lines: Mapping[Place, int]
    repeated: tuple[Place, ...]

    def line(self, place: Place) -> int | None:
        """Line of a value; of the nearest enclosing one where the value is missing."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def get(self, place: Place) -> Any:
        """The value at a place; None where there is none."""
        value: Any = self.data
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def label(self, place: Place) -> str:
        """`schema.stores.store_id.required`: list items by their own names, as people say it."""
        words: list[str] = []
        for length, step in enumerate(place, start=1):
            if isinstance(step, str):
                # "properties" says nothing that the column's name after it doesn't say.
                if step != "properties" or length == len(place):
                    words.append(step)
                continue
            item = self.get(place[:length])
            name = _own_name(item)
            words.append(name if name else f"[{step + 1}]")
        return ".".join(words)


def read(path: Path, file: str) -> Document:
    """Read a YAML file.

    Raises:
        InvalidContract: where it isn't YAML, isn't UTF-8, or isn't a mapping.
    """
    try:
        return parse(path.read_bytes().decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        problem = _problem(file, None, f"byte {error.start} is not UTF-8", "UTF-8 text")
        raise InvalidContract([problem], why=_UNREADABLE) from error


def parse(text: str, file: str) -> Document:
    """Read YAML text; see `read`."""
    yaml = YAML(typ="safe", pure=True)
    lines: dict[Place, int] = {}
    repeated: list[Place] = []
    try:
        node = yaml.compose(text)
        data = _value(yaml, node, (), lines, repeated) if node is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = _problem(file, line, str(error.problem or error.context), "valid YAML")
        raise InvalidContract([problem], why=_UNREADABLE) from error
    except (YAMLError, ValueError) as error:
        raise InvalidContract(
            [_problem(file, None, str(error), "valid YAML")], why=_UNREADABLE
        ) from error
    if not isinstance(data, dict):
        found = "an empty file" if data is None else f"a {type(data).__name__}"
        raise InvalidContract([_problem(file, 1, found, "keys and values")], why=_UNREADABLE)
    return Document(file, data, lines, tuple(repeated))


def _value(
    yaml: YAML, node: Node, place: Place, lines: dict[Place, int], repeated: list[Place]
) -> Any:
    if isinstance(node, MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in mapping:
                repeated.append((*place, key))
            lines[(*place, key)] = key_node.start_mark.line + 1
            mapping[key] = _value(yaml, value_node, (*place, key), lines, repeated)
        return mapping
    if isinstance(node, SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*place, index)] = item.start_mark.line + 1
            items.append(_value(yaml, item, (*place, index), lines, repeated))
        return items
    return yaml.constructor.construct_object(node)


def _own_name(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("name", "server", "property", "role"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return ""


def _problem(file: str, line: int | None, found: str, expected: str) -> Problem:
    return Problem(file=file, line=line, field="(file)", found=found, expected=expected)
