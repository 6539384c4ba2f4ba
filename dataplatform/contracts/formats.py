"""How a source writes dates, times and numbers, where that isn't as the types' casts take them.

A format becomes a `Reading`: a pattern, and the pieces that what it finds is put together from, to
text that the cast takes. Python's own reading of it is here, for samples; both engines' is rendered
from the same pieces. No more than the standard library: what runs in AWS reads it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

EPOCHS: Final = {"epoch_seconds": (12, 1_000_000), "epoch_millis": (15, 1_000)}
"""Timestamps written as whole numbers: digits, and microseconds of each."""

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""From 1970: of the years 1 to 9999, which a timestamp may be of."""

NUMBERS: Final = {
    "1234,56": ("", ","),
    "1.234,56": (".", ","),
    "1 234,56": (" \u00a0\u202f", ","),
    "1'234.56": ("'\u2019", "."),
    "1,234.56": (",", "."),
}
"""Forms of numbers, each by its example: what may part thousands, and the decimal mark."""

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
END: Final = r"\z"


@dataclass(frozen=True)
class Field:
    """One thing that a pattern finds.

    letters: as the format writes it: dd, MMM.
    group: its number in the pattern.
    at: of a pattern of fixed width, its first character, from 1; else 0.
    width: its characters; 0 where that isn't fixed.
    may_lack: it stands in an optional section.
    """

    letters: str
    group: int
    at: int
    width: int
    may_lack: bool


@dataclass(frozen=True)
class Moment:
    """A pattern of a date or timestamp: anchored, the same for Java and RE2 but for `END`."""

    pattern: str
    fields: tuple[Field, ...]

    def field(self, *letters: str) -> Field | None:
        """The field that is written in one of these ways."""
        return next((field for field in self.fields if field.letters in letters), None)

    @property
    def fraction(self) -> Field | None:
        """The digits of a second's fraction."""
        return next((field for field in self.fields if field.letters[0] == "S"), None)


@dataclass(frozen=True)
class Number:
    """A pattern of a number; of what it takes `group` goes, and `mark` becomes a point."""

    pattern: str
    group: str
    mark: str


class FormatFault(ValueError):
    """A format that isn't understood; the message says what of it."""


_PATTERNS: Final = {
    "yyyy": "[0-9]{4}", "uuuu": "[0-9]{4}", "yy": "[0-9]{2}", "MM": "[0-9]{2}", "M": "[0-9]{1,2}",
    "MMM": "[A-Za-z]{3}", "MMMM": "[A-Za-z]{3,9}", "dd": "[0-9]{2}", "d": "[0-9]{1,2}",
    "HH": "[0-9]{2}", "H": "[0-9]{1,2}", "hh": "0[1-9]|1[0-2]", "h": "0?[1-9]|1[0-2]",
    "a": "[AaPp][Mm]", "mm": "[0-9]{2}", "ss": "[0-9]{2}",
    **{"S" * digits: f"[0-9]{{{digits}}}" for digits in range(1, 10)},
    "X": "Z|[+-][0-9]{2}(?:[0-9]{2})?", "XX": "Z|[+-][0-9]{4}", "XXX": "Z|[+-][0-9]{2}:[0-9]{2}",
    "Z": "[+-][0-9]{4}",
}  # fmt: skip
_WIDTHS: Final = {
    "yyyy": 4, "uuuu": 4, "yy": 2, "MM": 2, "MMM": 3, "dd": 2, "HH": 2, "hh": 2, "a": 2, "mm": 2,
    "ss": 2, "Z": 5, **{"S" * digits: digits for digits in range(1, 10)},
}  # fmt: skip
_KINDS: Final = {
    "year": ("yyyy", "uuuu", "yy"),
    "month": ("M", "MM", "MMM", "MMMM"),
    "day": ("d", "dd"),
    "hour": ("H", "HH", "h", "hh"),
    "minute": ("mm",),
    "second": ("ss",),
    "offset": ("X", "XX", "XXX", "Z"),
}
_TOKEN: Final = re.compile(r"''|'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.S)
_LOOSE: Final = ("M", "d", "H", "h")
"""Of one digit or two: what follows may not begin with a digit."""
_NO_DIGIT: Final = ("MMM", "MMMM", "a", "X", "XX", "XXX", "Z")

UNDERSTOOD: Final = (
    "yyyy yy, MM M MMM MMMM (English months), dd d, HH H, hh h with a, mm, ss, S to SSSSSSSSS, "
    "X XX XXX Z, [optional], 'text'"
)


@lru_cache(maxsize=256)
def moment(format: str, kind: str) -> Moment:
    """The reading of a format of a `date` or a `timestamp`, in the letters of Java's formatter.

    Raises:
        FormatFault: what it has isn't understood, stands twice, or something is missing.
    """
    return _checked(_compiled(format), kind)


@lru_cache(maxsize=16)
def number(format: str) -> Number:
    """The reading of a format of numbers; KeyError of one that isn't among `NUMBERS`."""
    group, mark = NUMBERS[format]
    whole = f"[0-9]{{1,3}}(?:[{group}][0-9]{{3}})+|[0-9]+" if group else "[0-9]+"
    part = f"[{mark}][0-9]+"
    return Number(f"^[+-]?(?:(?:{whole})(?:{part})?|{part}){END}", group, mark)


def plain(text: str, kind: str, format: str) -> str | None:
    """The text as the cast of its type takes it; None where it isn't in the format.

    Args:
        format: "" for text that is taken as it is; none of `EPOCHS`, which aren't cast.
    """
    if not format:
        return text
    if kind not in ("date", "timestamp"):
        form = number(format)
        if not re.match(form.pattern.replace(END, r"\Z"), text):
            return None
        return text.translate({**{ord(c): None for c in form.group}, ord(form.mark): "."})
    reading = moment(format, kind)
    found = re.match(reading.pattern.replace(END, r"\Z"), text)
    return _iso(reading, found) if found else None


def is_epoch(text: str, format: str) -> bool:
    """Whether a text is a moment counted from 1970, in one of `EPOCHS`."""
    if not re.fullmatch(epoch_pattern(format).removesuffix(END), text):
        return False
    return FIRST_SECOND <= int(text) * EPOCHS[format][1] // 1_000_000 <= LAST_SECOND


def epoch_pattern(format: str) -> str:
    """What a moment counted from 1970 looks like."""
    return rf"^-?[0-9]{{1,{EPOCHS[format][0]}}}{END}"


def _compiled(format: str) -> Moment:
    pattern, at, loose, may_lack = "^", 1, "", False
    fields: list[Field] = []
    for kind, text in _tokens(format):
        if kind == "section":
            if (text == "[") == may_lack:
                raise FormatFault("a section within a section" if may_lack else '"]" without "["')
            may_lack, at = text == "[", 0
            pattern += "(?:" if may_lack else ")?"
        elif kind == "text":
            pattern += "".join(_escaped(character) for character in text)
            at, loose = at and at + len(text), ""
        elif text not in _PATTERNS:
            raise FormatFault(f'"{text}"')
        elif loose and text not in _NO_DIGIT:
            raise FormatFault(f"{text} behind {loose}, which may have one digit or two")
        else:
            width = _WIDTHS.get(text, 0)
            fields.append(Field(text, len(fields) + 1, at, width, may_lack))
            pattern += f"({_PATTERNS[text]})"
            at, loose = at and width and at + width, text if text in _LOOSE else ""
    if may_lack:
        raise FormatFault('"[" without "]"')
    fixed = at > 0
    return Moment(
        pattern + END,
        tuple(Field(f.letters, f.group, f.at if fixed else 0, f.width, f.may_lack) for f in fields),
    )


def _tokens(format: str) -> Iterator[tuple[str, str]]:
    """What stands there, `field`, `text` or `section` (a bracket), and its characters."""
    for found in _TOKEN.finditer(format):
        whole, quoted, letter, other = found[0], found[1], found[2], found[3]
        if letter:
            yield "field", whole
        elif other is None:
            yield "text", "'" if whole == "''" else quoted.replace("''", "'")
        elif other in "{}#'":
            raise FormatFault(f"{other} that isn't quoted")
        else:
            yield ("section" if other in "[]" else "text"), other


def _escaped(character: str) -> str:
    return rf"\{character}" if character in r"\^$.|?*+()[]{}-" else character


def _checked(found: Moment, kind: str) -> Moment:
    names = [_name(field.letters) for field in found.fields]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise FormatFault(f"the {twice} twice")
    needed = ["year", "month", "day", *(("hour", "minute") if kind == "timestamp" else ())]
    for name in needed:
        if name not in names:
            raise FormatFault(f"no {name}")
    lacking = next((f for f in found.fields if f.may_lack and _name(f.letters) in needed[:3]), None)
    if lacking:
        raise FormatFault(f"an optional {_name(lacking.letters)}")
    if kind == "date" and "offset" in names:
        raise FormatFault("an offset of a date")
    hour = found.field("h", "hh")
    if (hour is None) != ("half of the day" not in names):
        raise FormatFault("h without a" if hour else "a without h")
    for name, before in (("fraction", "second"), ("second", "minute"), ("minute", "hour")):
        if name in names and before not in names:
            raise FormatFault(f"a {name} without {before}")
    return found


def _name(letters: str) -> str:
    if letters[0] == "S":
        return "fraction"
    return next((name for name, ways in _KINDS.items() if letters in ways), "half of the day")


def _iso(reading: Moment, found: re.Match[str]) -> str | None:
    def text(field: Field | None) -> str:
        return (found[field.group] or "") if field else ""

    year, month = text(reading.field(*_KINDS["year"])), text(reading.field(*_KINDS["month"]))
    if not month.isdigit():
        number = month_number(month)
        if number is None:
            return None
        month = number
    day = text(reading.field(*_KINDS["day"]))
    iso = f"{year if len(year) == 4 else '20' + year}-{month.zfill(2)}-{day.zfill(2)}"
    hour_field = reading.field(*_KINDS["hour"])
    if hour_field is None:
        return iso
    hour = text(hour_field)
    if hour and hour_field.letters in ("h", "hh"):
        hour = str(int(hour) % 12 + (12 if text(reading.field("a")).upper() == "PM" else 0))
    times = [hour, text(reading.field("mm")), text(reading.field("ss"))]
    iso += "T" + ":".join(time.zfill(2) for time in times)
    if fraction := text(reading.fraction):
        iso += f".{fraction}"
    offset = text(reading.field(*_KINDS["offset"]))
    return iso + offset + (":00" if len(offset) == 3 else "")


def month_number(word: str) -> str | None:
    """Two digits of an English month, whole or its first three letters; None of another word."""
    for number, name in enumerate(MONTHS, 1):
        if word.lower() in (name, name[:3]):
            return f"{number:02}"
    return None
