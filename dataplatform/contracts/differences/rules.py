"""What records are asked more or less than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.model import ContractColumn, Rule

_TIGHTER: Final = "new records are quarantined that were taken before; rows that stand stay"
_LOOSER: Final = "records are taken that were quarantined before: readers may see other values"
_OTHER: Final = "other records are quarantined than before; rows that stand stay"
_LOWER_BOUNDS: Final = ("minimum", "exclusive_minimum", "min_length")
_UPPER_BOUNDS: Final = ("maximum", "exclusive_maximum", "max_length")


def rule_differences(old: ContractColumn, new: ContractColumn) -> Iterator[Difference]:
    """Of a column's checks; the words of a check's description are no difference."""
    kinds = dict.fromkeys(rule.kind for rule in (*old.rules, *new.rules))
    for kind in kinds:
        before = [rule for rule in old.rules if rule.kind == kind]
        after = [rule for rule in new.rules if rule.kind == kind]
        if _meaning(before) != _meaning(after):
            yield Difference(
                weight=Weight.COMPATIBLE,
                column=new.name,
                before=old.name,
                what=_what(kind, before, after),
                why=_why(before, after),
            )


def _meaning(rules: Sequence[Rule]) -> list[tuple[object, ...]]:
    return sorted((rule.kind, rule.arguments, rule.severity) for rule in rules)


def _what(kind: str, before: Sequence[Rule], after: Sequence[Rule]) -> str:
    name = kind.replace("_", " ")
    if not before:
        return f"check added: {name} {_shown(after)}".rstrip()
    if not after:
        return f"check gone: {name} {_shown(before)}".rstrip()
    return f"check changed: {name} {_shown(before)} → {_shown(after)}"


def _shown(rules: Sequence[Rule]) -> str:
    parts = [
        ", ".join(rule.arguments) + (" (warning)" if rule.severity == "warning" else "")
        for rule in rules
    ]
    text = " and ".join(part.strip() for part in parts)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _why(before: Sequence[Rule], after: Sequence[Rule]) -> str:
    strict = [_enforced(before), _enforced(after)]
    if not any(strict):
        return "records are counted otherwise, none is quarantined for it"
    if not all(strict):
        return _TIGHTER if strict[1] else _LOOSER
    if len(strict[0]) == len(strict[1]) == 1:
        return _compared(strict[0][0], strict[1][0])
    return _OTHER


def _enforced(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.severity != "warning"]


def _compared(old: Rule, new: Rule) -> str:
    """Of two rules of one kind, which takes more."""
    if old.kind in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        low, high = _key(old), _key(new)
        if type(low) is type(high) and low != high:
            more = (low < high) == (old.kind in _LOWER_BOUNDS)  # type: ignore[operator]
            return _TIGHTER if more else _LOOSER
    if old.kind in ("one_of", "none_of"):
        known, wanted = set(old.arguments), set(new.arguments)
        if known <= wanted or wanted <= known:
            return _LOOSER if (known < wanted) == (old.kind == "one_of") else _TIGHTER
    return _OTHER


def _key(rule: Rule) -> Decimal | str:
    """A bound that can be compared: a number, or the text of a date or timestamp."""
    try:
        return Decimal(rule.arguments[0])
    except InvalidOperation:
        return rule.arguments[0]
