"""A field that is new within an object, written into its contract's text as the last one there.

The text is edited by lines: of a list in the middle of a file a YAML library would put a new item
below the comments that belong to what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from cli.inference.document import quoted
from dataplatform.contracts.nesting import part_path


@dataclass(frozen=True)
class Place:
    """Where a field belongs, and what its source calls it.

    path: of the object or of the array's elements, as drift names it: `customer`, `lines[]`.
    names: of the properties there, and what their sources call them, without case.
    """

    path: str
    field: str
    names: frozenset[str]
    properties: SequenceNode


def place_within(text: str, path: str) -> Place | None:
    """The place of a new field in a contract's text; None where its object isn't there."""
    contract = YAML().compose(text)
    columns = _at(_at(contract, "schema").value[0], "properties")
    for column in columns.value:
        if found := _below(column, _said(column, "name"), path):
            return found
    return None


def added(text: str, place: Place, about: Mapping[str, str]) -> str:
    """The text with a property more; its own style is that of the properties beside it."""
    last = place.properties.value[-1]
    lines = text.splitlines(keepends=True)
    if place.properties.flow_style:
        at, column = last.end_mark.line, last.end_mark.column
        lines[at] = f"{lines[at][:column]}, {_flow(about)}{lines[at][column:]}"
        return "".join(lines)
    column = last.start_mark.column
    dash, indent = lines[last.start_mark.line][:column], " " * column
    said = [_flow(about)] if last.flow_style else [f"{k}: {quoted(v)}" for k, v in about.items()]
    end = _end(last)
    while end < len(lines) and lines[end].strip().startswith("#") and _depth(lines[end]) >= column:
        end += 1  # what is said of the last property stays with it
    new = [f"{dash if number == 0 else indent}{line}\n" for number, line in enumerate(said)]
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    return "".join([*lines[:end], *new, *lines[end:]])


def _below(column: MappingNode, at: str, path: str) -> Place | None:
    kind = _said(column, "logicalType")
    if kind == "array":
        inner = part_path(at, "array<", "")
        return _below(_at(column, "items"), inner, path) if path.startswith(inner) else None
    if kind != "object" or not path.startswith(f"{at}."):
        return None
    properties = _at(column, "properties")
    for part in properties.value:
        if found := _below(part, f"{at}.{_said(part, 'name')}", path):
            return found
    names = {_said(part, key).lower() for part in properties.value for key in _NAMES}
    return Place(at, path[len(at) + 1 :], frozenset(names - {""}), properties)


_NAMES = ("name", "physicalName")


def _at(node: Node, key: str) -> Any:
    """A value of a mapping, which a valid contract has."""
    return next(value for name, value in node.value if name.value == key)


def _said(node: Node, key: str) -> str:
    return next((str(value.value) for name, value in node.value if name.value == key), "")


def _end(node: Node) -> int:
    """The number of lines up to the end of what a node says, without comments after it."""
    if isinstance(node, MappingNode | SequenceNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, MappingNode) else last)
    mark: Any = node.end_mark
    return int(mark.line) + int(mark.column > 0)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _flow(about: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {quoted(value)}' for key, value in about.items())}}}"
