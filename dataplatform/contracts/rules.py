"""What a contract asks of a column's values by its type's options and by `enum`."""

from __future__ import annotations

from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import Rule
from dataplatform.contracts.nesting import element_of, is_nested, kind_in_words
from dataplatform.contracts.patterns import fault
from dataplatform.contracts.types import text_length
from dataplatform.contracts.values import canonical, comparable
from dataplatform.suggestions import did_you_mean

_BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}
_LENGTHS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
}
_LATER = (
    "multipleOf", "timezone", "uniqueItems", "minProperties", "maxProperties", "required",
)  # fmt: skip


def column_rules(
    findings: Findings, place: Place, spec: dict[str, Any], kind: str
) -> tuple[Rule, ...]:
    """Rules of an ODCS property whose type is `kind`; those of `quality` are read apart."""
    rules: list[Rule] = []
    if length := text_length(spec.get("physicalType")):
        rules.append(Rule(kind="max_length", arguments=(str(length),)))
    options = spec.get("logicalTypeOptions")
    if isinstance(options, dict):
        rules += _options(findings, (*place, "logicalTypeOptions"), options, kind)
    if spec.get("enum") is not None:
        rules += _enum(findings, (*place, "enum"), spec["enum"], kind)
    return tuple(rules)


def _options(findings: Findings, place: Place, options: dict[str, Any], kind: str) -> list[Rule]:
    known = _known_options(kind)
    rules: list[Rule] = []
    for name, value in options.items():
        where = (*place, name)
        if name not in known:
            if name in _LATER:
                findings.unsupported(where, f'"{name}"', "Take it out.")
            else:
                findings.add(
                    where,
                    f"an option of {kind_in_words(kind)}: {', '.join(known) or 'it has none'}",
                    found=f'unknown option "{name}"',
                    remedy=did_you_mean(name, known) or "Take it out.",
                )
        elif name in _BOUNDS:
            text = canonical(kind, value, bound=True)
            if text is None:
                findings.add(where, f"a value of type {kind}", remedy="Or take the bound out.")
            else:
                rules.append(Rule(kind=_BOUNDS[name], arguments=(text,)))
        elif name in _LENGTHS:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                findings.add(where, "a length: 0 or more")
            else:
                rules.append(Rule(kind=_LENGTHS[name], arguments=(str(value),)))
        elif name == "pattern":
            rules += pattern(findings, where, value)
    _bounds_agree(findings, place, options, kind)
    return rules


def _known_options(kind: str) -> tuple[str, ...]:
    if kind == "string":
        return ("minLength", "maxLength", "pattern")
    if is_nested(kind):
        return ("minItems", "maxItems") if element_of(kind) else ()
    if kind == "boolean":
        return ()
    formats = ("format",) if kind in ("int", "bigint", "date", "timestamp") else ()
    zone = ("defaultTimezone",) if kind == "timestamp" else ()
    return (*_BOUNDS, *formats, *zone)


def _bounds_agree(findings: Findings, place: Place, options: dict[str, Any], kind: str) -> None:
    if kind == "string" or element_of(kind):
        least, most = ("minItems", "maxItems") if element_of(kind) else ("minLength", "maxLength")
        low, high = options.get(least), options.get(most)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            findings.add(
                (*place, least),
                f"at most {most}, which is {high}",
                remedy="No text is both: mend one of them."
                if kind == "string"
                else "No array is both: mend one of them.",
            )
        return
    for low_name in ("minimum", "exclusiveMinimum"):
        for high_name in ("maximum", "exclusiveMaximum"):
            low = comparable(kind, options.get(low_name))
            high = comparable(kind, options.get(high_name))
            if low is None or high is None:
                continue
            open_end = "exclusive" in low_name + high_name
            if low > high or (open_end and low == high):  # type: ignore[operator]
                expected = f"{'below' if open_end else 'at most'} {high_name}, which is {high}"
                findings.add((*place, low_name), expected, remedy="No value is both: mend one.")


def pattern(findings: Findings, where: Place, value: Any) -> list[Rule]:
    """The rule of a regular expression; none (and a problem) where engines read it differently."""
    if not isinstance(value, str):
        findings.add(where, "a regular expression (quote it)")
        return []
    if wrong := fault(value):
        findings.add(
            where,
            "a regular expression that Java and RE2 read alike",
            found=f"{value!r} has {wrong}",
            remedy="Use classes, groups, alternatives and repetition alone.",
        )
        return []
    return [Rule(kind="pattern", arguments=(value,))]


def _enum(findings: Findings, place: Place, entries: Any, kind: str) -> list[Rule]:
    if is_nested(kind):
        remedy = "Name the values of what is in it."
        findings.add(
            place, "an enum of single values", found=f"enum of {kind_in_words(kind)}", remedy=remedy
        )
        return []
    values = []
    for index, entry in enumerate(dicts(entries)):
        where = (*place, index, "value")
        text = canonical(kind, entry.get("value"))
        if text is None:
            remedy = quoting(kind, entry.get("value")) or "Mend the value, or the column's type."
            findings.add(where, f"a value of type {kind}", remedy=remedy)
        elif text in values:
            findings.add(where, "each value once", remedy="Take one of them out.")
        else:
            values.append(text)
    if not entries:
        findings.add(place, "at least one value", remedy="Name the values, or take enum out.")
    return [Rule(kind="one_of", arguments=tuple(values))] if values else []


def quoting(kind: str, value: Any) -> str:
    """The remedy for a value that YAML reads as another type than text."""
    return f'Quote it: "{value}".' if kind == "string" and value is not None else ""


def dicts(items: Any) -> list[dict[str, Any]]:
    """The mappings of a list; what else is in it is a problem of shape, noted already."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
