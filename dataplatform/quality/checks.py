"""A contract's rules as checks, each with a name and the reason that a bad record gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from dataplatform.contracts.model import Contract, ContractColumn, Rule
from dataplatform.contracts.nesting import part_path
from dataplatform.quality.model import Check

_REASONS = {
    "minimum": "{column} below {bound}",
    "maximum": "{column} above {bound}",
    "exclusive_minimum": "{column} not above {bound}",
    "exclusive_maximum": "{column} not below {bound}",
    "min_length": "{column} shorter than {bound} characters",
    "max_length": "{column} longer than {bound} characters",
    "pattern": "{column} doesn't match {bound}",
    "one_of": "{column} not one of {bound}",
    "none_of": "{column} stands for a missing value",
    "required": "missing {column}",
    "min_items": "{column} of fewer than {bound} items",
    "max_items": "{column} of more than {bound} items",
}
_LONGEST_LIST = 120


def checks_of(contract: Contract) -> tuple[Check, ...]:
    """Every check of a contract, in the order of its columns; what is in a nested column has its
    path as name: `address.zip`."""
    return tuple(check for column in contract.columns for check in _of_value(column))


def _of_value(column: ContractColumn) -> Iterator[Check]:
    yield from _column_checks(column)
    for part in column.parts:
        yield from _of_value(replace(part, name=part_path(column.name, column.type, part.name)))


def _column_checks(column: ContractColumn) -> list[Check]:
    checks = []
    if column.required:
        checks.append(
            Check(
                name=f"{column.name}.required",
                column=column.name,
                kind="required",
                reason=f"missing {column.name}",
            )
        )
    seen: Counter[str] = Counter()
    for rule in column.rules:
        seen[rule.kind] += 1
        number = f".{seen[rule.kind]}" if seen[rule.kind] > 1 else ""
        checks.append(
            Check(
                name=f"{column.name}.{rule.kind}{number}",
                column=column.name,
                kind=rule.kind,
                reason=_reason(column, rule),
                arguments=rule.arguments,
                severity=rule.severity,
            )
        )
    return checks


def _reason(column: ContractColumn, rule: Rule) -> str:
    if rule.description:
        return f"{column.name}: {rule.description}"
    bound = ", ".join(rule.arguments)
    if len(bound) > _LONGEST_LIST:
        bound = bound[: _LONGEST_LIST - 3] + "..."
    return _REASONS[rule.kind].format(column=column.name, bound=bound)
