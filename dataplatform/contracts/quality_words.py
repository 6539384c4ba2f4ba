"""What rules of every kind have in common: operator, bounds, unit, severity, words for people."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, show
from dataplatform.suggestions import did_you_mean

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
_UNITS = ("rows", "percent")
_SEVERITIES = ("error", "warning")
_DIMENSIONS = (
    "accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness",
)  # fmt: skip
_UPPER = re.compile(r"(?=[A-Z])")
_HUNDRED = 100


def bounds(
    findings: Findings, place: Place, quality: dict[str, Any], *, truth: bool = False
) -> tuple[str, tuple[str, ...]] | None:
    """The operator (`must_be_less_than`) and its bounds as text; None (and a problem) without.

    Args:
        truth: the figure may be true or false, which is 1 or 0.
    """
    named = [key for key in quality if key.startswith(("mustBe", "mustNotBe"))]
    if not named and any((*place, key) in findings.meant for key in OPERATORS):
        return None  # misspelt, and noted already
    if len(named) != 1:
        findings.add(
            place if not named else (*place, named[1]),
            f"one operator: {', '.join(OPERATORS)}",
            found=f"{', '.join(named)} together" if named else "a rule that compares with nothing",
            remedy="Write each comparison as a rule of its own." if named else "Write mustBe: 0.",
        )
        return None
    (name,) = named
    where, given = (*place, name), quality[name]
    if name not in OPERATORS:
        return None  # an unknown key, noted already
    if name.endswith("Between"):
        ends = [_number(end) for end in given] if isinstance(given, list) else []
        low, high = ends if len(ends) == 2 else (None, None)
        if low is None or high is None or Decimal(low) > Decimal(high):
            findings.add(where, "two numbers", remedy="Write the smaller one first: [0, 100].")
            return None
        return snake(name), (low, high)
    if truth and name in ("mustBe", "mustNotBe") and isinstance(given, bool):
        return snake(name), (str(int(given)),)
    number = _number(given)
    if number is None:
        findings.add(where, "a number")
        return None
    return snake(name), (number,)


def unit(
    findings: Findings, place: Place, quality: dict[str, Any], bounded: tuple[str, ...]
) -> str:
    """rows or percent; what is a share can't be compared with more than 100."""
    given = quality.get("unit", "rows")
    if given not in _UNITS:
        findings.one_of((*place, "unit"), _UNITS, "a unit")
        return "rows"
    if given == "percent":
        for bound in bounded:
            if not 0 <= Decimal(bound) <= _HUNDRED:
                findings.add((*place, "unit"), "a share of 0 to 100", found=f"{bound} percent")
    return str(given)


def severity(findings: Findings, place: Place, quality: dict[str, Any]) -> str:
    """error or warning; error where nothing is said."""
    given = quality.get("severity", "error")
    if given in _SEVERITIES:
        return str(given)
    findings.add(
        (*place, "severity"),
        f"one of {', '.join(_SEVERITIES)}",
        found=show(given),
        remedy=did_you_mean(given, _SEVERITIES)
        or 'Write "error" for what must not pass, "warning" for what is counted and told.',
    )
    return "error"


def words(quality: dict[str, Any]) -> str:
    """The rule in the contract's own words, on one line; "" where it has none."""
    return " ".join(str(quality.get("description") or quality.get("name") or "").split())


def check_words(findings: Findings, place: Place, quality: dict[str, Any]) -> None:
    """What only people read still has to be what the standard says."""
    if quality.get("dimension") is not None:
        findings.one_of((*place, "dimension"), _DIMENSIONS, "a dimension of quality")


def snake(name: str) -> str:
    """`mustBeLessThan` as `must_be_less_than`."""
    return _UPPER.sub("_", name).lower()


def _number(value: Any) -> str | None:
    """A finite number as decimal text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = Decimal(str(value))
    return format(number, "f") if number.is_finite() else None
