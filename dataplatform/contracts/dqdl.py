"""Rules of type custom: those in Glue's language are kept, those of other tools refused by name."""

from __future__ import annotations

import re
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.suggestions import did_you_mean

_ENGINES = ("dqdl", "glue", "awsglue")
# https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types.html
_RULE_TYPES = (
    "AggregateMatch", "ColumnCorrelation", "ColumnCount", "ColumnDataType", "ColumnExists",
    "ColumnLength", "ColumnNamesMatchPattern", "ColumnValues", "Completeness", "CustomSql",
    "DataFreshness", "DatasetMatch", "DetectAnomalies", "DistinctValuesCount", "Entropy",
    "FileFreshness", "FileMatch", "FileSize", "FileUniqueness", "IsComplete", "IsPrimaryKey",
    "IsUnique", "Mean", "ReferentialIntegrity", "RowCount", "RowCountMatch", "SchemaMatch",
    "StandardDeviation", "Sum", "UniqueValueRatio", "Uniqueness",
)  # fmt: skip
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"', re.S)
_WORD = re.compile(r"\(*\s*([A-Za-z]+)")
_PAIRS = {")": "(", "]": "["}


def dqdl_rules(findings: Findings, place: Place, quality: dict[str, Any]) -> tuple[str, ...]:
    """The rule as it goes into Glue's ruleset; none (and a problem) where it can't."""
    engine = quality.get("engine")
    if str(engine).lower() not in _ENGINES:
        findings.unsupported(
            (*place, "engine"),
            f"quality of the engine {engine!r}",
            'Write it as type "sql", or for Glue: engine "dqdl".',
        )
        return ()
    text, where = quality.get("implementation"), (*place, "implementation")
    if not isinstance(text, str) or not text.strip():
        findings.add(where, 'a rule in DQDL, as text: Completeness "amount" > 0.95')
        return ()
    rules = [line.strip().rstrip(",") for line in text.strip().splitlines()]
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    for rule in rules:
        _check(findings, where, rule)
    return tuple(rules)


def _check(findings: Findings, where: Place, rule: str) -> None:
    """What Glue would refuse in any case: it is told here, not by a deployment that fails."""
    match = _WORD.match(rule)
    kind = match[1] if match else ""
    if kind not in _RULE_TYPES:  # Glue tells capitals from small letters
        remedy = did_you_mean(kind, _RULE_TYPES) or "One rule a line, without `Rules = [ ]`."
        findings.add(where, "a rule of Glue's DQDL", found=f'"{rule}"', remedy=remedy)
    elif not _closed(_QUOTED.sub('""', rule)):
        findings.add(
            where, "quotes and brackets that are closed on the same line", found=f'"{rule}"'
        )


def _closed(rule: str) -> bool:
    open_: list[str] = []
    for letter in rule.replace('""', ""):
        if letter == '"':
            return False
        if letter in _PAIRS.values():
            open_.append(letter)
        elif letter in _PAIRS and (not open_ or open_.pop() != _PAIRS[letter]):
            return False
    return not open_
