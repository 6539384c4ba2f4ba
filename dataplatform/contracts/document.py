"""YAML as plain values, with the line that each key stands on.

YAML 1.2 (ruamel): `no` is text, not false, so that a country code stays one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from dataplatform.contracts.nodes import Place, Refusal, Values, check_nesting, too_deep
from dataplatform.errors import InvalidContract, Problem

MAX_BYTES = 1 << 20
_KINDS = {type(None): "an empty file", list: "a list", str: "text", bool: "true or false"}
_REMEDIES = {
    "'\\t'": "Indent with blanks: YAML allows no tabs there.",
    "mapping values are not allowed": "Quote text that holds a colon and a blank.",
    "undefined alias": "Quote text that begins with *.",
    "another document": "Keep one contract a file: without ---.",
    "quoted scalar": "A quote is opened and never closed.",
    "block mapping": "Keys of one level begin in the same column.",
    "flow sequence": "A [ is opened and never closed.",
    "flow mapping": "A { is opened and never closed.",
}
__all__ = ["MAX_BYTES", "Document", "Place", "parse", "read"]

_PLAIN = {
    "'<block mapping start>'": "a key",
    "<block end>": "the end of what stands above",
    "'<stream end>'": "the end of the file",
    "unexpected end of stream": "the end of the file",
    "the node content": "a value",
    "character '\\t' that cannot start any token": "a tab",
}
_WANTED = re.compile(r"(?:did not find )?expected (.+), but (?:found|got) (.+)")
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
        """`schema.stores.store_id.required`: items by their names, else `quality[1]`."""
        words: list[str] = []
        for length, step in enumerate(place, start=1):
            if isinstance(step, str):
                words.append(step)
                continue
            name = _own_name(self.get(place[:length]))
            if not name:
                words[-1] += f"[{step + 1}]"
            elif words[-1] == "properties":  # which says nothing that a column's name doesn't say
                words[-1] = name
            else:
                words.append(name)
        return ".".join(words)


def read(path: Path, file: str) -> Document:
    """Read a YAML file.

    Raises:
        InvalidContract: where it isn't YAML, isn't UTF-8, isn't a mapping, or is beyond measure.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _refused(
            file,
            None,
            f"{size:,} bytes",
            f"at most {MAX_BYTES:,}",
            "A contract says what a dataset is; its data belongs elsewhere.",
        )
    content = path.read_bytes()
    try:
        return parse(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte {error.start} (0x{content[error.start]:02x}) is not UTF-8"
        remedy = "Save it as UTF-8, the encoding of YAML."
        raise _refused(file, line, found, "UTF-8 text", remedy) from error


def parse(text: str, file: str) -> Document:
    """Read YAML text; see `read`."""
    yaml = YAML(typ="safe", pure=True)
    try:
        check_nesting(yaml, text)
        node = yaml.compose(text)
        values = Values(yaml)
        data = values.of(node, (), ()) if node is not None else None
    except (Refusal, RecursionError) as error:
        refusal = error if isinstance(error, Refusal) else too_deep(None)
        raise _refused(
            file, refusal.line, refusal.found, refusal.expected, refusal.remedy
        ) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = _found(str(error.problem or error.context))
        if "end of stream" in found:  # where it began is where to look
            mark = error.context_mark or mark
        line = mark.line + 1 if mark else None
        raise _refused(file, line, found, "valid YAML", _remedy(error)) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = f"the character U+{int(error.character):04X}, which can't be seen"
        raise _refused(file, line, found, "text", "Take it out; in quotes write \\u….") from error
    except (YAMLError, ValueError) as error:
        raise _refused(file, None, str(error), "valid YAML", "") from error
    if not isinstance(data, dict):
        remedy = "A contract begins with apiVersion: v3.1.0 and kind: DataContract."
        raise _refused(file, 1, _KINDS.get(type(data), "a value"), "keys and values", remedy)
    return Document(file, data, values.lines, tuple(values.repeated))


def _found(problem: str) -> str:
    """What the YAML parser found, without what it expected, which it can't put in plain words."""
    problem = problem.removeprefix("but ").removeprefix("found ")
    for jargon, plain in _PLAIN.items():
        problem = problem.replace(jargon, plain)
    wanted = _WANTED.fullmatch(problem)
    return f"{wanted[2]} where {wanted[1]} should be" if wanted else problem


def _remedy(error: MarkedYAMLError) -> str:
    """What usually mends a YAML error: by its words, else where what isn't ended was begun."""
    words = f"{error.problem} {error.context}"
    for sign, remedy in _REMEDIES.items():
        if sign in words:
            return remedy
    if error.context and error.context_mark:
        return f"It was found {error.context} that begins on line {error.context_mark.line + 1}."
    return ""


def _own_name(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("name", "server", "property", "role"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return ""


def _refused(
    file: str, line: int | None, found: str, expected: str, remedy: str
) -> InvalidContract:
    problem = Problem(
        file=file, line=line, field="(file)", found=found, expected=expected, remedy=remedy
    )
    return InvalidContract([problem], why=_UNREADABLE)
