"""`quality` of a column and of the table: rules of records, rules of batches, and Glue's own.

A record-level metric that must be 0 is a rule of each record: the bad one is quarantined, or where
the severity is warning counted. Whatever else is compared is a figure of the batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataplatform.contracts import quality_words as given
from dataplatform.contracts.document import Place
from dataplatform.contracts.dqdl import dqdl_rules
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.model import BatchRule, Quality, Rule
from dataplatform.contracts.rules import dicts, pattern, quoting
from dataplatform.contracts.values import canonical
from dataplatform.suggestions import did_you_mean

_TYPES = ("text", "library", "sql", "custom")
_OF_RECORDS = ("nullValues", "missingValues", "invalidValues")
_OF_COLUMNS = (*_OF_RECORDS, "duplicateValues")
_OF_TABLES = ("duplicateValues", "rowCount")
_ARGUMENTS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
}
_PLACEHOLDER = re.compile(r"\$?\{(object|table|property|column)\}")
_OF_OBJECT = ("object", "table")


@dataclass(frozen=True)
class _Column:
    """The column that a rule stands at."""

    name: str
    type: str


def column_quality(
    findings: Findings, place: Place, spec: dict[str, Any], name: str, kind: str
) -> tuple[tuple[Rule, ...], Quality]:
    """What `quality` of the property at `place` asks of each record, and of batches."""
    column = _Column(name, kind)
    rules: list[Rule] = []
    more = Quality()
    for index, quality in enumerate(dicts(spec.get("quality"))):
        here = (*place, "quality", index)
        found = _Reader(findings, here, quality, column).read()
        if isinstance(found, Quality):
            more += found
        else:
            rules += found
    return tuple(rules), more


def table_quality(findings: Findings, place: Place, columns: Sequence[str]) -> Quality:
    """What `quality` of the schema object at `place` asks of batches."""
    spec = findings.document.get(place)
    more = Quality()
    for index, quality in enumerate(dicts(spec.get("quality") if isinstance(spec, dict) else None)):
        found = _Reader(findings, (*place, "quality", index), quality, None, columns).read()
        more += found if isinstance(found, Quality) else Quality()
    return more


class _Reader:
    """Reads one rule: at a column, or at the table (`column` is None)."""

    def __init__(
        self,
        findings: Findings,
        place: Place,
        quality: dict[str, Any],
        column: _Column | None,
        columns: Sequence[str] = (),
    ) -> None:
        self._findings = findings
        self._place = place
        self._quality = quality
        self._column = column
        self._columns = columns

    def read(self) -> list[Rule] | Quality:
        """Rules of records, or what else it asks; nothing where there is a problem."""
        given.check_words(self._findings, self._place, self._quality)
        kind = self._quality.get("type", "library")
        if kind not in _TYPES:
            self._findings.one_of((*self._place, "type"), _TYPES, "a type of quality")
        elif kind == "library":
            return self._library()
        elif kind == "sql":
            return self._sql()
        elif kind == "custom":
            return Quality(dqdl=dqdl_rules(self._findings, self._place, self._quality))
        return Quality()  # type text: words for people

    def _library(self) -> list[Rule] | Quality:
        key = "rule" if self._quality.get("rule") and not self._quality.get("metric") else "metric"
        metric = self._quality.get(key)
        allowed = _OF_COLUMNS if self._column else _OF_TABLES
        if metric not in allowed:
            self._unknown_metric((*self._place, key), metric, allowed)
            return Quality()
        name = str(metric)
        severity = given.severity(self._findings, self._place, self._quality)
        bounded = given.bounds(self._findings, self._place, self._quality)
        if bounded is None:
            return Quality()
        unit = given.unit(self._findings, self._place, self._quality, bounded[1])
        breaks = self._breaks(name) if name in _OF_RECORDS else []
        if name in _OF_RECORDS and bounded[0] == "must_be" and not float(bounded[1][0]):
            described = given.words(self._quality)
            return [replace(rule, description=described, severity=severity) for rule in breaks]
        if name in _OF_RECORDS and not breaks:
            return Quality()
        columns = self._duplicated() if name == "duplicateValues" else ()
        if name == "rowCount" and unit == "percent":
            self._add("unit", "rows", remedy="All records are 100 percent of themselves.")
        rule = self._batch_rule(given.snake(name), bounded, severity)
        return Quality(batch=(replace(rule, breaks=tuple(breaks), columns=columns, unit=unit),))

    def _unknown_metric(self, where: Place, metric: Any, allowed: tuple[str, ...]) -> None:
        if metric in (*_OF_COLUMNS, *_OF_TABLES):
            remedy = "Put it on the schema object." if self._column else "Put it on a column."
            self._findings.add(where, f"one of {', '.join(allowed)} here", remedy=remedy)
            return
        every = sorted({*_OF_COLUMNS, *_OF_TABLES})
        near = did_you_mean(metric, every)
        self._findings.add(where, f"a metric of ODCS: {', '.join(every)}", remedy=near)

    def _batch_rule(
        self, metric: str, bounded: tuple[str, tuple[str, ...]], severity: str
    ) -> BatchRule:
        document = self._findings.document
        where = (*self._place, "query") if metric == "sql" else self._place
        return BatchRule(
            metric=metric,
            column=self._column.name if self._column else "",
            operator=bounded[0],
            bounds=bounded[1],
            severity=severity,
            description=given.words(self._quality),
            field=document.label(where),
            line=document.line(where),
        )

    def _breaks(self, metric: str) -> list[Rule]:
        """What a record breaks that the metric counts; none (and a problem) without arguments."""
        allowed = _ARGUMENTS[metric]
        arguments = self._quality.get("arguments") or {}
        if not isinstance(arguments, dict):
            return []  # its shape is a problem already noted
        if allowed and not arguments:
            expected = f"arguments: {' or '.join(allowed)}"
            remedy = "Write arguments: {validValues: [open, closed]}."
            self._findings.add(
                self._place, expected, found=f"{metric} without arguments", remedy=remedy
            )
        rules = [] if allowed else [Rule(kind="required")]
        for name, value in arguments.items():
            here = (*self._place, "arguments", name)
            if name not in allowed:
                listed = ", ".join(allowed) or "none"
                self._findings.add(
                    here, f"an argument of {metric}: {listed}", found=f'unknown argument "{name}"'
                )
            elif name == "pattern":
                rules += self._pattern(here, value)
            else:
                rules += self._values(here, value, missing=metric == "missingValues")
        return rules

    def _pattern(self, place: Place, value: Any) -> list[Rule]:
        if self._column and self._column.type != "string":
            self._findings.add(place, f"no pattern: the column's type is {self._column.type}")
            return []
        return pattern(self._findings, place, value)

    def _values(self, place: Place, values: Any, *, missing: bool) -> list[Rule]:
        """Values that a record may have, or that stand for a missing one.

        Empty text arrives as null; a null breaks no rule of valid values.
        """
        if not isinstance(values, list) or not values:
            self._findings.add(place, "a list of values")
            return []
        kind = self._column.type if self._column else ""
        texts = []
        rules: list[Rule] = []
        for index, value in enumerate(values):
            if value is None or (value == "" and missing):
                rules = [Rule(kind="required")] if missing else rules
                continue
            text = canonical(kind, value)
            if text is None:
                remedy = quoting(kind, value)
                self._findings.add((*place, index), f"a value of type {kind}", remedy=remedy)
            else:
                texts.append(text)
        if texts:
            rules.append(Rule(kind="none_of" if missing else "one_of", arguments=tuple(texts)))
        return rules

    def _duplicated(self) -> tuple[str, ...]:
        """The columns that together are to be there once."""
        arguments = self._quality.get("arguments") or {}
        where = (*self._place, "arguments")
        if self._column is not None:
            if arguments:
                remedy = "Put a rule of several columns on the schema object."
                self._findings.add(where, "no arguments on a column", remedy=remedy)
            return (self._column.name,)
        names = arguments.get("properties") if isinstance(arguments, dict) else None
        if not isinstance(names, list) or not names:
            expected = "arguments.properties: the columns that together are to be there once"
            self._findings.add(where, expected)
            return ()
        for index, name in enumerate(names):
            if self._columns and (name not in self._columns or name in names[:index]):
                self._findings.add(
                    (*where, "properties", index),
                    f"a column of this contract, once: {', '.join(self._columns)}",
                    remedy=did_you_mean(name, self._columns),
                )
        return tuple(map(str, names))

    def _sql(self) -> Quality:
        query = self._quality.get("query")
        severity = given.severity(self._findings, self._place, self._quality)
        bounded = given.bounds(self._findings, self._place, self._quality, truth=True)
        if not isinstance(query, str) or not query.strip():
            remedy = "Write query: SELECT COUNT(*) FROM ${object} WHERE …"
            self._add("query", "a SELECT of one figure", remedy=remedy)
            return Quality()
        for match in _PLACEHOLDER.finditer(query):
            if match[1] not in _OF_OBJECT and self._column is None:
                remedy = "Name the column itself, or put the rule on it."
                self._add("query", "no placeholder of a column", found=match[0], remedy=remedy)
                return Quality()
        if bounded is None:
            return Quality()
        if self._quality.get("unit") is not None:
            given.unit(self._findings, self._place, self._quality, ())
        return Quality(
            batch=(replace(self._batch_rule("sql", bounded, severity), query=self._filled(query)),)
        )

    def _filled(self, query: str) -> str:
        dataset = self._findings.document.get(("schema", 0, "name"))
        column = self._column.name if self._column else ""
        return _PLACEHOLDER.sub(
            lambda match: f"`{dataset if match[1] in _OF_OBJECT else column}`", query
        )

    def _add(self, key: str, expected: str, *, found: str = "", remedy: str = "") -> None:
        self._findings.add((*self._place, key), expected, found=found, remedy=remedy)
