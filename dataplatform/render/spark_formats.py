"""Text in a contract's format, in Spark SQL: read to what the type's cast takes, then cast.

What isn't in the format is NULL. Only functions that mean the same in DuckDB, into which all of it
is translated, are used.
"""

from __future__ import annotations

from typing import Final

from dataplatform.contracts.formats import (
    END,
    EPOCHS,
    FIRST_SECOND,
    LAST_SECOND,
    MONTHS,
    Field,
    Moment,
    epoch_pattern,
    moment,
    number,
)
from dataplatform.render.spark_casts import cast
from dataplatform.render.spark_text import literal

_MICROS: Final = 1_000_000
_ZONED: Final = rf"(Z|[+-][0-9]{{2}}:?[0-9]{{2}}){END}"


def is_read(format: str) -> bool:
    """Whether text is first read to other text, which is then cast."""
    return format not in ("", *EPOCHS)


def read(text: str, kind: str, format: str) -> str:
    """Text in a format for which `is_read` as text that the cast of its type takes, or NULL.

    Args:
        text: cheap, as it is used more than once.
    """
    if kind not in ("date", "timestamp"):
        form = number(format)
        plain = f"translate({text}, {literal(form.mark + form.group)}, '.')"
        return f"CASE WHEN {text} RLIKE {literal(form.pattern)} THEN {plain} END"
    reading = moment(format, kind)
    matches = f"{text} RLIKE {literal(reading.pattern)}"
    return f"CASE WHEN {matches} THEN concat({', '.join(_pieces(reading, text))}) END"


def cast_as(text: str, kind: str, format: str, zone: str = "") -> str:
    """Text as a typed value, or NULL; what `is_read` is given as `read` makes it.

    Args:
        zone: of a timestamp that names none; "" for UTC. Of an hour that a clock shows twice it is
            the first one, and a time that no clock shows is as much later as the clock was set.
    """
    if format not in EPOCHS and zone:
        local = f"to_utc_timestamp({cast(text, kind)}, {literal(zone)})"
        return f"IF({text} RLIKE {literal(_ZONED)}, {cast(text, kind)}, {local})"
    if format not in EPOCHS:
        return cast(text, kind)
    _, micros = EPOCHS[format]
    each = _MICROS // micros
    count = f"TRY_CAST({text} AS BIGINT)"
    within = f"{count} BETWEEN {FIRST_SECOND * each} AND {LAST_SECOND * each + each - 1}"
    return (
        f"CASE WHEN {text} RLIKE {literal(epoch_pattern(format))} AND {within} "
        f"THEN timestamp_micros({count} * {micros}) END"
    )


def _pieces(reading: Moment, text: str) -> list[str]:
    """What ISO 8601 is put together from."""

    def found(field: Field) -> str:
        if field.at:
            return f"substring({text}, {field.at}, {field.width})"
        return f"regexp_extract({text}, {literal(reading.pattern)}, {field.group})"

    def padded(*letters: str) -> str:
        field = reading.field(*letters)
        if field is None:
            return "'00'"
        return found(field) if field.width == 2 and not field.may_lack else _two(found(field))

    year = reading.field("yyyy", "uuuu", "yy")
    month = reading.field("MMM", "MMMM")
    assert year, "a format has a year"
    pieces = ["'20'"] if year.letters == "yy" else []
    pieces += [found(year), "'-'", _month(found(month)) if month else padded("MM", "M")]
    pieces += ["'-'", padded("dd", "d")]
    hour = reading.field("h", "hh")
    if hour is None and reading.field("H", "HH") is None:
        return pieces
    half = reading.field("a")
    full = _of_half(found(hour), found(half)) if hour and half else padded("H", "HH")
    pieces += ["'T'", full, "':'", padded("mm"), "':'", padded("ss")]
    if (fraction := reading.fraction) is not None:
        dotted = f"concat('.', {found(fraction)})"
        pieces.append(f"IF({found(fraction)} = '', '', {dotted})" if fraction.may_lack else dotted)
    if (offset := reading.field("X", "XX", "XXX", "Z")) is not None:
        pieces.append(found(offset))
        if offset.letters == "X":
            pieces.append(f"IF(char_length({found(offset)}) = 3, ':00', '')")
    return pieces


def _two(text: str) -> str:
    """Two digits; of what isn't there `00`."""
    return f"lpad({text}, 2, '0')"


def _month(text: str) -> str:
    """The number of an English month; NULL of another word."""
    whens = []
    for place, name in enumerate(MONTHS, 1):
        words = dict.fromkeys((name, name[:3]))
        listed = ", ".join(literal(word) for word in words)
        whens.append(f"WHEN lower({text}) IN ({listed}) THEN '{place:02}'")
    return f"CASE {' '.join(whens)} END"


def _of_half(hour: str, half: str) -> str:
    """The hour of the day; of what isn't there midnight."""
    of_day = f"CAST({hour} AS INT) % 12 + IF(upper({half}) = 'PM', 12, 0)"
    return f"IF({hour} = '', '00', {_two(f'CAST({of_day} AS STRING)')})"
