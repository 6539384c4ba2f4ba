"""A proposal as the YAML that a person reads, edits and keeps."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Sequence

from cli.inference.model import Proposal, ProposedColumn
from dataplatform.contracts.nesting import element_of
from dataplatform.parsing.csv_form import RFC_4180, UTF_8, encoding_name

_WIDTH = 78
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_LOGICAL = {
    "int": ("integer", ""),
    "bigint": ("integer", "BIGINT"),
    "double": ("number", "DOUBLE"),
    "boolean": ("boolean", ""),
    "date": ("date", ""),
    "timestamp": ("timestamp", ""),
    "string": ("string", ""),
}
_PIECES = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",\s])+,?')
"""Of flow YAML: words and quoted texts, with the comma after them."""
_NAMESPACE = uuid.UUID("6f0d2a52-6f2e-4c5c-9a3e-0c2b5f4d8e11")


def contract_text(proposal: Proposal) -> str:
    """The contract; the same proposal gives the same text."""
    return "\n".join(_lines(proposal)) + "\n"


def quoted(value: str) -> str:
    """A value as YAML text on one line, quoted where it must be."""
    if _BARE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _printable(json.dumps(value, ensure_ascii=False))


def _printable(text: str) -> str:
    """YAML has no characters that can't be seen; in quotes their numbers stand for them."""
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)


def _lines(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        f"Proposed from {proposal.origin}: {proposal.records:,} records, all of which it takes. "
        "Edit it, then ./weir contracts check.",
        "",
    )
    encoding = encoding_name(proposal.csv.encoding)
    # ODCS knows encodings since v3.2.0.
    yield "apiVersion: " + ("v3.1.0" if proposal.csv.encoding == UTF_8 else "v3.2.0")
    yield "kind: DataContract"
    yield f"id: {uuid.uuid5(_NAMESPACE, f'{proposal.domain}/{proposal.dataset}')}"
    yield "version: 1.0.0"
    yield "status: active"
    yield f"domain: {quoted(proposal.domain)}"
    yield "servers:"
    yield f"  # Files below {proposal.dataset}/ in the landing bucket."
    yield "  - server: landing"
    yield "    type: s3"
    yield f"    location: s3://landing/{proposal.dataset}/"
    yield f"    format: {proposal.format}"
    if proposal.csv.delimiter != RFC_4180.delimiter:
        yield f"    delimiter: {quoted(proposal.csv.delimiter)}"
    if proposal.csv.encoding != UTF_8:
        yield f"    encoding: {quoted(encoding)}"
    if proposal.csv.quote != RFC_4180.quote:
        yield "    customProperties:"
        yield "      - property: quoteChar"
        yield f"        value: {quoted(proposal.csv.quote)}"
    yield "schema:"
    yield f"  - name: {quoted(proposal.dataset)}"
    if not proposal.key:
        yield from _comment(
            "No key: rows append. To update rows instead, say primaryKey: true and required: true "
            "on what identifies one.",
            "    ",
        )
        if proposal.likely_key:
            yield from _comment(
                f"In the sample {' and '.join(proposal.likely_key)} do, together.", "    "
            )
    yield from _ordering(proposal)
    yield "    properties:"
    for column in proposal.columns:
        yield from _column(column, proposal.key)


def _ordering(proposal: Proposal) -> Iterator[str]:
    if proposal.ordering:
        yield "    customProperties:"
        yield "      # Of two rows of a key, the one with the later value stands."
        yield "      - property: ordering"
        yield f"        value: {quoted(proposal.ordering)}"
        return
    times = [c.name for c in proposal.columns if c.type == "timestamp" and c.required]
    if proposal.key and times:
        yield from _comment(
            "Of two rows of a key, the one that arrived later stands. If a column tells when a row "
            "was changed",
            "    ",
            f"customProperties: [{{property: ordering, value: {quoted(times[0])}}}]",
        )


def _column(column: ProposedColumn, key: Sequence[str], indent: int = 6) -> Iterator[str]:
    """A property, with its dash; an array's element, which has no name, without."""
    inside = " " * (indent + 2)
    if column.name:
        yield f"{' ' * indent}- name: {quoted(column.name)}"
    if column.field != column.name:
        yield f"{inside}physicalName: {quoted(column.field)}"
    if column.description:
        yield f"{inside}description: {quoted(column.description)}"
    yield from (f"{inside}{line}" for line in _typed(column))
    if column.required:
        yield f"{inside}required: true"
    if column.name and column.name in key:
        yield f"{inside}primaryKey: true"
        if len(key) > 1:
            yield f"{inside}primaryKeyPosition: {key.index(column.name) + 1}"
    if column.pii:
        yield f"{inside}classification: pii"
    for words, offer in column.hints:
        yield from _comment(words, inside, offer)
    yield from _parts(column, indent)


def _parts(column: ProposedColumn, indent: int) -> Iterator[str]:
    """What is within is no key, whatever it is called."""
    if element_of(column.type):
        yield f"{' ' * (indent + 2)}items:"
        yield from _column(column.parts[0], (), indent + 2)
    elif column.parts:
        yield f"{' ' * (indent + 2)}properties:"
        for part in column.parts:
            yield from _column(part, (), indent + 4)


def _typed(column: ProposedColumn) -> Iterator[str]:
    """Its type, and the format that its values are written in."""
    logical, physical = _logical(column)
    yield f"logicalType: {logical}"
    if physical:
        yield f"physicalType: {physical}"
    if column.format and logical in ("date", "timestamp"):
        yield f"logicalTypeOptions: {{format: {quoted(column.format)}}}"
    elif column.format:
        number = quoted(column.format)
        yield f"customProperties: [{{property: numberFormat, value: {number}}}]"


def _logical(column: ProposedColumn) -> tuple[str, str]:
    if column.parts:
        return ("array" if element_of(column.type) else "object"), ""
    return _LOGICAL.get(column.type, ("number", column.type.upper()))


def _comment(words: str, indent: str, offer: str = "") -> Iterator[str]:
    """Words in lines of comment; what is offered is contract once the `# ` before it is gone."""
    room = _WIDTH - len(indent) - 2
    line = ""
    for word in _printable(words).split():
        if line and len(line) + 1 + len(word) > room:
            yield f"{indent}# {line}"
            line = ""
        line = f"{line} {word}".strip()
    if offer and len(line) + 2 + len(offer) > room:
        yield f"{indent}# {line}:"
        yield from (f"{indent}# {part}" for part in _broken(offer, room))
    else:
        yield f"{indent}# {line}: {offer}" if offer else f"{indent}# {line}"


def _broken(offer: str, room: int) -> Iterator[str]:
    """Flow YAML in lines that fit, where values end; those after the first belong to its key."""
    line, gap = "", ""
    for piece in _PIECES.findall(offer):
        if line.strip() and len(line) + len(gap) + len(piece) > room:
            yield line
            line, gap = "  ", ""
        line += gap + piece
        gap = " "
    yield line
