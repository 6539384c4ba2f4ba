"""Which types a text fits: the same answers as the casts that both engines make.

Those are SQL, rendered in `dataplatform.render`; a property-based test holds the two together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from dataplatform.contracts.formats import EPOCHS, is_epoch, plain
from dataplatform.contracts.nesting import is_nested
from dataplatform.drift.nested import fits_nested, text_of

_DIGITS: Final = re.compile(r"[+-]?0*[0-9]{1,19}(\.0+)?")
_SCIENTIFIC: Final = re.compile(
    r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?[eE](\+?([0-2]?[0-9]|3[0-7])|-[0-9]{1,2})"
)
_DOUBLE: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_DAY: Final = re.compile(_DATE + r"([T ]00:00(:00(\.0{1,9})?)?Z?)?")
_MOMENT: Final = re.compile(
    _DATE
    + r"[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    + r"(Z|[+-]((0[0-9]|1[0-7]):?[0-5][0-9]|18:?00))?"
)
_BOOLEANS: Final = frozenset("true t yes y 1 false f no n 0".split())
_WORDS: Final = _BOOLEANS - {"0", "1", "t", "f", "y", "n"}
_DECIMAL: Final = re.compile(r"decimal\(([0-9]+),([0-9]+)\)")
_PLAIN: Final = re.compile(r"[+-]?(?P<whole>0|[1-9][0-9]{0,30})(\.(?P<part>[0-9]{1,18}))?")
_RANGES: Final = {"int": 2**31, "bigint": 2**63}
_SHOWN: Final = 40

_USUAL: Final = (18, 4)
_LARGEST: Final = 38

OBJECT: Final = "object"
ARRAY: Final = "array"
MIXED: Final = "of several kinds"
"""What a field within a column may hold that no single type takes; text there is no JSON."""


def fits(text: str, kind: str) -> bool:
    """Whether a text can be cast to a type of `plans.model.Column` without losing anything."""
    if kind == "string":
        return True
    if kind in _RANGES:
        return _integer(text, _RANGES[kind])
    if kind == "double":
        return bool(_DOUBLE.fullmatch(text)) and math.isfinite(float(text))
    if kind == "boolean":
        return text.lower() in _BOOLEANS
    if kind in ("date", "timestamp"):
        return _day(text, _DAY if kind == "date" else _MOMENT)
    if is_nested(kind):
        return fits_nested(text, kind)
    return _decimal(text, kind)


def fits_as(text: str, kind: str, format: str) -> bool:
    """The same of text that is written in a format: `Column.format`."""
    if format in EPOCHS:
        return is_epoch(text, format)
    taken = taken_as(text, kind, format)
    return taken is not None and fits(taken, kind)


def taken_as(text: str, kind: str, format: str) -> str | None:
    """What the cast of a type is given of a text; None where it isn't in the format."""
    if format in EPOCHS:
        return text if is_epoch(text, format) else None
    return plain(text, kind, format)


def narrowest(texts: Iterable[str]) -> str:
    """The type that a contract would give to a column of such values; "string" for none at all.

    Digits with a leading zero are text: a code, whose zero would be lost.
    """
    values = list(texts)
    if not values:
        return "string"
    for kind in ("int", "bigint"):
        if all(_plain(value) and fits(value, kind) for value in values):
            return kind
    if all(_PLAIN.fullmatch(value) for value in values):
        return _room(values)
    if all(value.lower() in _WORDS for value in values):
        return "boolean"
    for kind in ("date", "timestamp"):
        if all(fits(value, kind) for value in values):
            return kind
    leads_with_zero = any(re.match(r"[+-]?0[0-9]", value) for value in values)
    if not leads_with_zero and all(fits(value, "double") for value in values):
        return "double"
    return "string"


def narrowest_within(values: Iterable[Any]) -> str:
    """The same of JSON values within a column, numbers as text; else one of the three above."""
    listed = list(values)
    kinds = {type(value) for value in listed}
    if kinds & {dict, list}:
        return MIXED if len(kinds) > 1 else OBJECT if dict in kinds else ARRAY
    return narrowest(map(text_of, listed))


def narrowest_whole(texts: Iterable[str]) -> str:
    """The same of a column's values, where text may be the JSON of an object or an array."""
    values = list(texts)
    for kind, name in (("struct", OBJECT), ("array", ARRAY)):
        if values and all(fits_nested(value, kind) for value in values):
            return name
    return narrowest(values)


def widest(one: str, other: str) -> str:
    """A type that takes the values of both."""
    if one == other:
        return one
    if {one, other} & {OBJECT, ARRAY, MIXED}:
        return MIXED
    if {one, other} == {"int", "bigint"}:
        return "bigint"
    places = [_places(kind) for kind in (one, other)]
    if all(places):
        before = max(place[0] for place in places if place)
        after = max(place[1] for place in places if place)
        return f"decimal({before + after},{after})" if before + after <= _LARGEST else "double"
    if {one, other} == {"date", "timestamp"}:
        return "string"  # a date alone is no timestamp
    return "double" if all(_is_number(kind) for kind in (one, other)) else "string"


def form(text: str) -> str:
    """A value's form without the value: `Anna-12` becomes `Xxxx-99`. At most 40 characters."""
    hidden = "".join(_hide(character) for character in text[:_SHOWN])
    return hidden + ("…" if len(text) > _SHOWN else "")


def _hide(character: str) -> str:
    if character.isdecimal():
        return "9"
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return character if character.isascii() and character.isprintable() else "?"


def _integer(text: str, limit: int) -> bool:
    if not _DIGITS.fullmatch(text) and not _SCIENTIFIC.fullmatch(text):
        return False
    value = Decimal(text)
    return value == value.to_integral_value() and -limit <= value < limit


def _decimal(text: str, kind: str) -> bool:
    precision, scale = _parts(kind)
    if _plain_decimal(precision, scale).fullmatch(text):
        return True
    if not _SCIENTIFIC.fullmatch(text):
        return False
    shifted = Decimal(text).scaleb(scale)
    return shifted == shifted.to_integral_value() and abs(shifted) < 10**precision


@lru_cache(maxsize=64)
def _plain_decimal(precision: int, scale: int) -> re.Pattern[str]:
    before = precision - scale
    whole = f"0*[0-9]{{1,{before}}}" if before else "0+"
    part = rf"\.[0-9]{{1,{scale}}}0*"
    return re.compile(rf"[+-]?({whole}({part})?|{part})" if scale else rf"[+-]?{whole}(\.0+)?")


def _day(text: str, pattern: re.Pattern[str]) -> bool:
    found = pattern.fullmatch(text)
    if not found:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _plain(text: str) -> bool:
    found = _PLAIN.fullmatch(text)
    return bool(found) and not (found and found["part"])


def _room(texts: list[str]) -> str:
    """DECIMAL(18,4) where it is enough; else as many digits as were seen."""
    found = [match for match in map(_PLAIN.fullmatch, texts) if match]
    before = max(len(match["whole"]) for match in found)
    after = max(len(match["part"] or "") for match in found)
    precision, scale = _USUAL
    if after <= scale and before <= precision - scale:
        return f"decimal({precision},{scale})"
    return f"decimal({before + after},{after})" if before + after <= _LARGEST else "double"


def _is_number(kind: str) -> bool:
    return kind == "double" or _places(kind) is not None


def _places(kind: str) -> tuple[int, int] | None:
    """Digits before and after the point; None of what isn't a whole number or a decimal."""
    if kind in _RANGES:
        return (10 if kind == "int" else 19), 0
    if not _DECIMAL.fullmatch(kind):
        return None
    precision, scale = _parts(kind)
    return precision - scale, scale


def _parts(kind: str) -> tuple[int, int]:
    found = _DECIMAL.fullmatch(kind)
    if not found:
        raise ValueError(f"unknown type {kind}")
    return int(found[1]), int(found[2])
