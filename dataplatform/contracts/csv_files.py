"""How a server's files of CSV are written, where they aren't as RFC 4180 has them."""

from __future__ import annotations

from typing import Any, Final

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.parsing.csv_form import ENCODINGS, RFC_4180, SEPARATORS, UTF_8
from dataplatform.suggestions import did_you_mean

_QUOTE: Final = "quoteChar"
_NO_QUOTE: Final = "none"
_QUOTES: Final = {'"': '"', "'": "'", _NO_QUOTE: ""}
_OF_JSON: Final = ("array", "new_line")
"""What ODCS has `delimiter` say of JSON; files are read as they are, whatever it says."""


def csv_options(
    findings: Findings, place: Place, spec: dict[str, Any], custom: dict[str, tuple[int, Any]]
) -> tuple[tuple[str, str], ...]:
    """What of `CsvForm` the server at `place` says, where it is another than RFC 4180's.

    Args:
        custom: its custom properties by name, each with its position.
    """
    found = {
        "delimiter": _delimiter(findings, (*place, "delimiter"), spec.get("delimiter")),
        "encoding": encoding(findings, (*place, "encoding"), spec.get("encoding")),
        "quote": RFC_4180.quote,
    }
    for name, (index, value) in custom.items():
        where = (*place, "customProperties", index)
        if name != _QUOTE:
            remedy = did_you_mean(name, (_QUOTE,)) or "Take it out."
            expected = f"a property of files of CSV: {_QUOTE}"
            findings.add((*where, "property"), expected, found=show(name), remedy=remedy)
        elif value not in _QUOTES:
            expected = f"what fields are put into: {', '.join(map(show, _QUOTES))}"
            remedy = f"Write {_NO_QUOTE} where a quotation mark is a character like any other."
            findings.add((*where, "value"), expected, remedy=remedy)
        else:
            found["quote"] = _QUOTES[value]
    usual = {name: getattr(RFC_4180, name) for name in found}
    return tuple(sorted((name, said) for name, said in found.items() if said != usual[name]))


def check_json(findings: Findings, place: Place, spec: dict[str, Any]) -> None:
    """JSON is UTF-8 (RFC 8259), a record a line."""
    if encoding(findings, (*place, "encoding"), spec.get("encoding")) != UTF_8:
        remedy = "Take it out, or send CSV."
        findings.unsupported((*place, "encoding"), "JSON in another encoding", remedy)
    if spec.get("delimiter") not in (None, *_OF_JSON):
        findings.unsupported((*place, "delimiter"), "another delimiter of JSON", "Take it out.")


def encoding(findings: Findings, place: Place, value: Any) -> str:
    """Python's name of the encoding that `place` says; UTF-8 where it says none that is read."""
    by_name = {name.lower(): codec for name, codec in ENCODINGS.items()}
    if value is None:
        return UTF_8
    if isinstance(value, str) and value.lower() in by_name:
        return by_name[value.lower()]
    remedy = did_you_mean(value, ENCODINGS) or "Files of Windows in Europe: windows-1252."
    findings.add(place, f"an encoding that is read: {', '.join(ENCODINGS)}", remedy=remedy)
    return UTF_8


def _delimiter(findings: Findings, place: Place, value: Any) -> str:
    if value is None or value in _OF_JSON:
        return RFC_4180.delimiter
    if isinstance(value, str) and value in SEPARATORS:
        return value
    findings.add(
        place,
        f"what stands between fields: one of {' '.join(map(show, SEPARATORS))}",
        remedy='Write delimiter: ";", in quotes; a tab is "\\t".',
    )
    return RFC_4180.delimiter
