"""YAML nodes as plain values, within measure: what no contract needs is refused before it costs."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Place = tuple[str | int, ...]
"""Where a value stands in the document: keys and list positions from the top."""

MAX_VALUES = 100_000
MAX_DEPTH = 50
_BRACKETS = re.compile(r"[\[\]{}]")
_STANDARD_TAG = "tag:yaml.org,2002:"


class Refusal(Exception):
    """Good YAML that no contract needs."""

    def __init__(self, line: int | None, found: str, expected: str, remedy: str) -> None:
        super().__init__(found)
        self.line, self.found, self.expected, self.remedy = line, found, expected, remedy


class Values:
    """Nodes as plain values; lines and repeated keys are noted on the way."""

    def __init__(self, yaml: YAML) -> None:
        self._yaml = yaml
        self._count = 0
        self.lines: dict[Place, int] = {}
        self.repeated: list[Place] = []

    def of(self, node: Node, place: Place, within: tuple[int, ...]) -> Any:
        """The value of a node.

        Args:
            within: ids of the nodes that it is part of.
        """
        self._check(node, within)
        within = (*within, id(node))
        if isinstance(node, MappingNode):
            mapping: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = self._key(key_node)
                if key in mapping:
                    self.repeated.append((*place, key))
                self.lines[(*place, key)] = key_node.start_mark.line + 1
                mapping[key] = self.of(value_node, (*place, key), within)
            return mapping
        if isinstance(node, SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.lines[(*place, index)] = item.start_mark.line + 1
                items.append(self.of(item, (*place, index), within))
            return items
        return self._yaml.constructor.construct_object(node)

    def _check(self, node: Node, within: tuple[int, ...]) -> None:
        line = node.start_mark.line + 1
        if not str(node.tag).startswith(_STANDARD_TAG) or "/" in str(node.tag):
            tag = str(node.tag).replace(_STANDARD_TAG, "!!")
            remedy = "Take the tag out, or quote text that begins with !."
            raise Refusal(line, f"the tag {tag}", "values without tags", remedy)
        if id(node) in within:
            remedy = "Write the value out, or quote text that begins with *."
            raise Refusal(line, "an alias of what it is part of", "a value that ends", remedy)
        self._count += 1
        if self._count > MAX_VALUES:
            remedy = "Aliases of aliases multiply: write out what is meant."
            raise Refusal(line, f"over {MAX_VALUES:,} values", "fewer", remedy)

    @staticmethod
    def _key(node: Node) -> str:
        line = node.start_mark.line + 1
        if not isinstance(node, ScalarNode):
            raise Refusal(line, "a list or mapping as key", "text as key", "Write one word: name:")
        if node.value == "<<" and node.style is None:
            remedy = "Write the keys out: whoever reads a contract sees all of it."
            raise Refusal(line, "a merge key (<<)", "keys of ODCS", remedy)
        return str(node.value)


def check_nesting(yaml: YAML, text: str) -> None:
    """Refuse deep nesting before it is composed.

    Composing recurses, and slows down with depth: what looks deep is measured first.

    Raises:
        Refusal: naming the line.
    """
    depth = deepest = 0
    for sign in _BRACKETS.findall(text):  # those in quotes too, so this is a suspicion
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    if deepest <= MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, (MappingStartEvent, SequenceStartEvent))
        depth -= isinstance(event, (MappingEndEvent, SequenceEndEvent))
        if depth > MAX_DEPTH:
            raise too_deep(event.start_mark.line + 1)


def too_deep(line: int | None) -> Refusal:
    """The refusal of values nested too deeply; the line where it is known."""
    found = f"values nested more than {MAX_DEPTH} deep"
    return Refusal(line, found, "fewer levels", "ODCS needs about ten.")
