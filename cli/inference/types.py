"""The type of a column that takes every value of the sample, and is likely to take the next."""

from __future__ import annotations

from cli.inference import meaning
from cli.inference.model import Profile
from cli.inference.profiling import BARE, DATE, MOMENT, NUMBER, PLAIN, WHOLE, WORDS
from dataplatform.contracts.types import decimal_parts

_ROOMY_INT = 1_000_000_000  # half of what 32 bits hold
_DIGITS = 18  # beyond it a decimal takes twice the space
_MOST_DIGITS = 38
_EXACT_PLACES = 6  # more digits after the point are a measurement's
_CENTS = 2


def column_type(name: str, profile: Profile, *, text: bool) -> tuple[str, str]:
    """A type of `plans.model.Column`, and a comment where a person may wonder why.

    Args:
        text: the source itself says that the values are text (JSON strings).
    """
    tests = profile.tests
    if MOMENT in tests:
        return "timestamp", ""
    if DATE in tests and profile.longest == len("2026-11-21"):
        return "date", ""
    if text or not tests:
        return "string", "no value in the sample: any text is taken" if not profile.values else ""
    if profile.distinct > 1 and tests & set(WORDS) or tests & {"true"}:
        return "boolean", ""
    if PLAIN in tests and meaning.code(name):
        return "string", "digits alone, but a code rather than a number"
    if WHOLE in tests:
        return _whole(name, profile)
    if PLAIN in tests and not profile.after:
        return "string", "more digits than a number of 64 bits holds"
    if PLAIN in tests:
        return _fraction(name, profile)
    if tests >= {NUMBER, BARE}:
        return "double", ""
    return "string", ""


def with_room(kind: str, name: str) -> str:
    """A number's narrowest type as one that takes larger numbers, too."""
    if kind == "int" and meaning.identity(name):
        return "bigint"
    parts = decimal_parts(kind)
    if parts is None:
        return kind
    precision, scale = parts
    if scale > _EXACT_PLACES and not meaning.money(name):
        return "double"
    return _decimal(precision - scale, scale) or "string"


def _whole(name: str, profile: Profile) -> tuple[str, str]:
    if meaning.money(name):
        return _decimal(profile.before, _CENTS), "whole amounts in the sample"
    big = max(abs(int(profile.low)), abs(int(profile.high))) > _ROOMY_INT
    return "bigint" if big or meaning.identity(name) else "int", ""


def _fraction(name: str, profile: Profile) -> tuple[str, str]:
    if profile.after > _EXACT_PLACES and not meaning.money(name):
        return "double", f"up to {profile.after} digits after the point: a measurement, rounded"
    kind = _decimal(profile.before, max(profile.after, _CENTS))
    return (kind, "") if kind else ("string", "more digits than a decimal holds")


def _decimal(before: int, after: int) -> str:
    """With room for larger numbers; "" where not even the sample's fit."""
    if before + after > _MOST_DIGITS:
        return ""
    return f"decimal({_DIGITS if before + after <= _DIGITS else _MOST_DIGITS},{after})"
