"""What a contract asks of a column's values: type options, enum, library quality rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, did_you_mean
from dataplatform.contracts.model import Rule
from dataplatform.contracts.patterns import fault
from dataplatform.contracts.types import text_length
from dataplatform.contracts.values import canonical, comparable

_BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}
_LENGTHS = {"minLength": "min_length", "maxLength": "max_length"}
_ISO_FORMATS = {
    "date": ("yyyy-MM-dd",),
    "timestamp": ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssX"),
}
_METRICS = ("nullValues", "missingValues", "invalidValues")
_LATER_METRICS = ("duplicateValues", "rowCount")


def column_rules(
    findings: Findings, place: Place, spec: dict[str, Any], kind: str
) -> tuple[Rule, ...]:
    """All rules of an ODCS property whose type is `kind`, in the order of the contract."""
    rules: list[Rule] = []
    if length := text_length(spec.get("physicalType")):
        rules.append(Rule(kind="max_length", arguments=(str(length),)))
    options = spec.get("logicalTypeOptions")
    if isinstance(options, dict):
        rules += _options(findings, (*place, "logicalTypeOptions"), options, kind)
    if spec.get("enum") is not None:
        rules += _enum(findings, (*place, "enum"), spec["enum"], kind)
    for index, quality in enumerate(_dicts(spec.get("quality"))):
        rules += _quality(findings, (*place, "quality", index), quality, kind)
    return tuple(rules)


def _options(findings: Findings, place: Place, options: dict[str, Any], kind: str) -> list[Rule]:
    known = _known_options(kind)
    rules: list[Rule] = []
    for name, value in options.items():
        where = (*place, name)
        if name not in known:
            later = name in ("multipleOf", "timezone")
            if later:
                findings.unsupported(where, f'"{name}"', "Take it out.")
            else:
                findings.add(
                    where,
                    f"an option of {kind}: {', '.join(known)}",
                    found=f'unknown option "{name}"',
                    remedy=did_you_mean(name, known),
                )
        elif name in _BOUNDS:
            text = canonical(kind, value, bound=True)
            if text is None:
                findings.add(where, f"a value of type {kind}")
            else:
                rules.append(Rule(kind=_BOUNDS[name], arguments=(text,)))
        elif name in _LENGTHS:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                findings.add(where, "a length: 0 or more")
            else:
                rules.append(Rule(kind=_LENGTHS[name], arguments=(str(value),)))
        elif name == "pattern":
            rules += _pattern(findings, where, value)
        else:
            _format(findings, where, value, kind)
    _bounds_agree(findings, place, options, kind)
    return rules


def _known_options(kind: str) -> tuple[str, ...]:
    if kind == "string":
        return (*_LENGTHS, "pattern")
    if kind == "boolean":
        return ()
    formats = ("format",) if kind in ("int", "bigint", "date", "timestamp") else ()
    zone = ("defaultTimezone",) if kind == "timestamp" else ()
    return (*_BOUNDS, *formats, *zone)


def _format(findings: Findings, where: Place, value: Any, kind: str) -> None:
    if where[-1] == "defaultTimezone":
        if value not in ("UTC", "Etc/UTC"):
            findings.unsupported(where, "a time zone other than UTC", "Send times with their zone.")
    elif kind in _ISO_FORMATS and value not in _ISO_FORMATS[kind]:
        findings.unsupported(
            where, f"format {value!r}", f"ISO 8601 is understood: {', '.join(_ISO_FORMATS[kind])}."
        )


def _bounds_agree(findings: Findings, place: Place, options: dict[str, Any], kind: str) -> None:
    if kind == "string":
        low, high = options.get("minLength"), options.get("maxLength")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            findings.add((*place, "minLength"), f"at most maxLength, which is {high}")
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
                findings.add((*place, low_name), expected)


def _pattern(findings: Findings, where: Place, value: Any) -> list[Rule]:
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
    values = []
    for index, entry in enumerate(_dicts(entries)):
        where = (*place, index, "value")
        text = canonical(kind, entry.get("value"))
        if text is None:
            findings.add(where, f"a value of type {kind}", remedy=_quote(kind, entry.get("value")))
        elif text in values:
            findings.add(where, "each value once")
        else:
            values.append(text)
    if not entries:
        findings.add(place, "at least one value")
    return [Rule(kind="one_of", arguments=tuple(values))] if values else []


def _quality(findings: Findings, place: Place, quality: dict[str, Any], kind: str) -> list[Rule]:
    if quality.get("type") == "text":
        return []  # words for people
    metric = _metric(findings, place, quality)
    if not metric:
        return []
    _must_be_zero(findings, place, quality)
    if metric == "nullValues":
        return [Rule(kind="required")]
    allowed = ("missingValues",) if metric == "missingValues" else ("validValues", "pattern")
    arguments = quality.get("arguments")
    if not isinstance(arguments, dict) or not arguments:
        expected = f"arguments: {' or '.join(allowed)}"
        findings.add(place, expected, found=f"{metric} without arguments")
        return []
    rules: list[Rule] = []
    for name, value in arguments.items():
        here = (*place, "arguments", name)
        if name not in allowed:
            expected = f"an argument of {metric}: {', '.join(allowed)}"
            findings.add(here, expected, found=f'unknown argument "{name}"')
        elif name == "pattern":
            rules += _text_pattern(findings, here, value, kind)
        else:
            rules += _values(findings, here, value, kind, missing=metric == "missingValues")
    description = str(quality.get("description") or quality.get("name") or "")
    return [replace(rule, description=description) for rule in rules]


def _metric(findings: Findings, place: Place, quality: dict[str, Any]) -> str:
    """The rule's metric; "" (and a problem) where it isn't about single records."""
    where = (*place, "metric" if quality.get("metric") else "rule")
    metric = quality.get("metric") or quality.get("rule")
    if quality.get("type") not in (None, "library"):
        named = f"quality of type {quality['type']!r}"
        findings.unsupported((*place, "type"), named, 'Use type "library".')
        return ""
    if metric in _LATER_METRICS:
        remedy = "It is about a table, not about a record."
        findings.unsupported(where, f"metric {metric!r}", remedy)
        return ""
    return str(metric) if findings.one_of(where, _METRICS, "a metric of ODCS") else ""


def _text_pattern(findings: Findings, place: Place, value: Any, kind: str) -> list[Rule]:
    if kind != "string":
        findings.add(place, f"no pattern: the column's type is {kind}")
        return []
    return _pattern(findings, place, value)


def _must_be_zero(findings: Findings, place: Place, quality: dict[str, Any]) -> None:
    operators = [key for key in quality if key.startswith(("mustBe", "mustNotBe"))]
    if operators != ["mustBe"] or quality["mustBe"] != 0:
        where = (*place, operators[0]) if operators else place
        findings.unsupported(
            where,
            "a share or number of bad records",
            "Write `mustBe: 0`: each record that breaks the rule is quarantined.",
        )


def _values(
    findings: Findings, place: Place, values: Any, kind: str, *, missing: bool
) -> list[Rule]:
    if not isinstance(values, list) or not values:
        findings.add(place, "a list of values")
        return []
    texts = []
    rules: list[Rule] = []
    for index, value in enumerate(values):
        if missing and value in (None, ""):
            rules = [Rule(kind="required")]  # empty text arrives as null
            continue
        text = canonical(kind, value)
        if text is None:
            findings.add((*place, index), f"a value of type {kind}", remedy=_quote(kind, value))
        else:
            texts.append(text)
    if texts:
        rules.append(Rule(kind="none_of" if missing else "one_of", arguments=tuple(texts)))
    return rules


def _quote(kind: str, value: Any) -> str:
    return f'Quote it: "{value}".' if kind == "string" and value is not None else ""


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
