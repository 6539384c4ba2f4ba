"""Texts of values as sources send them, good and bad, for each kind of column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

_TEXTS = (
    "", " ", "a", "ab", "abc", "a@b", "x" * 79, "y" * 80, "z" * 81, "日" * 81, "😀" * 85, "o'clock",
    "a\\b", "\\", "'", '"', "{bronze}", "{good}", "open", "open ", "é", "xé", "éx", "ſ", "K", "İ",
    "ß", "strasse", "STRASSE", "straße", "1\n", "abc\n", "a\nb", "a\r", "a\u0085b", "a\u2028b",
    "a\vb", "a b", "ab c", "\t1", "null", "NULL", "N/A", ".$", "][", "A\t", "\ufeffx", "a\u0301",
    "\x00", "a\x00b", "a\u00a0", "\u3000a", "a\u200b", "\uffff", "\U0010ffff", "aé" * 40_000,
)  # fmt: skip
_NUMBERS = (
    "0", "-0", "+0", "-0.0", "+7", "007", "7.0", "7.5", " 7", "7 ", "7\n", "\u06617", "１",
    "1e2", "1E+2", "15e-1", "1e-3", "12.5e1", "1e37", "1e38", "0e38", "0e-99", "99e-2", "1e", "e1",
    "1.", ".5", "-.0001", "1..2", "--1", "+-1", "0x10", "1_000", "1,5", "1d", "NaN", "nan",
    "Infinity", "-inf", "1e308", "1.8e308", "5e-324", "1e-400", "0.1", "0.10", "99999.99",
    "99999.995", "100000", "0.00001", "0.12340", "2147483647", "2147483648", "-2147483648",
    "-2147483649", "9223372036854775807", "9223372036854775807.0", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "9" * 38, "-" + "9" * 38, "1" + "0" * 38,
    "9" * 28 + "." + "9" * 10, "0" * 60 + "1", "1." + "0" * 60, "0." + "0" * 37 + "1", "",
    "1E16", "1.000E16", "-1.000E16", "9.999E15", "0.1E17", "1e-40", "1E400", "1E999999999",
    "1e-999999999", "10e-1", "0.001e19", "9.50e35", "-099.999999999e15",
    "123456789012345e3", "999999999999999e22", "9007199254740993", "1.7976931348623159e308", "x",
    "\u00a07", "7\u00a0", "7\x00", "\x007", "\u22127", "7\u066b5", "\u00b2", "-0e5", "-.0",
    "1e+001",
    "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "8.5e22",
    "9007199254740992.99999999999999999999", "9" * 400, "0." + "0" * 400 + "1", "0" * 400 + ".5",
)  # fmt: skip
_MOMENTS = (
    "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T03:04:05.123456789Z",
    "2026-01-02T03:04:05.1234567", "2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05-0530",
    "2026-01-02T03:04:05+18:00", "2026-01-02T03:04:05-18:01", "2026-01-02T03:04:05+25:00",
    "2026-01-02T24:00:00Z", "2026-01-02T23:59:60Z", "2026-01-02T23:60:00Z", "2026-01-02T03:04Z",
    "2026-01-02T03:04:05z", "2026-01-02T03:04:05 Z", "2026-01-02T03:04:05Z\n",
    "2026-01-02T03:04:05 Europe/Berlin", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-05:00",
    "0000-01-01T00:00:00Z", "1582-10-10T00:00:00Z", "10000-01-01T00:00:00Z", "now", "epoch",
    "infinity", "2026-01-02", "20260102T030405Z", "884168430", "",
    "2026-03-29T02:30:00", "2026-10-25T02:30:00", "2026-04-05T01:45:00", "2011-12-30T10:00:00",
    "1500-02-29T00:00:00Z", "1582-10-15T00:00:00Z", "-0001-01-01T00:00:00Z",
    "2026-01-02T03:04:05,5Z",
    "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+00:60", "2026-01-02T03:04:05Z\x00",
    "2026-01-02\u00a003:04:05Z", "\u0662\u0660\u0662\u0666-01-02T03:04:05Z",
    "2026-01-02T03:04:05-00:00",
)  # fmt: skip
_DAYS = (
    "2026-01-02", "2024-02-29", "2023-02-29", "1900-02-29", "0001-01-01", "9999-12-31",
    "0000-01-01", "10000-01-01", "1582-10-10", "2026-1-2", "2026-13-01", "2026-00-10",
    "2026-01-02T00:00:00Z", "2026-01-02 00:00:00.000", "2026-01-02T00:00", "2026-01-02T00:00:01Z",
    "2026-01-02\n", " 2026-01-02", "02.01.2026", "today", "infinity", "", "1500-02-29",
    "1582-10-04", "1582-10-15", "-0001-01-01", "+2026-01-02", "2026-01-02\x00", "2026-01-02\u00a0",
    "２０２６-01-02",
    "2026-01-02T24:00:00", "2026-01-02T00:00:00.1", "31.12.2026", "1/2/26", "20261231",
)  # fmt: skip
_TRUTHS = (
    "true", "TRUE", "t", "Yes", "y", "1", "false", "F", "no", "N", "0", "on", "2", "", " true",
    "wahr", "1.0", "ﬀ",
)  # fmt: skip


def _number(random: Random) -> str:
    if random.random() < 0.3:  # few digits, and an exponent that takes them to a type's limit
        digits = random.choice(("1", "9", "10", "99", "100", "999", "010", "0"))
        fraction = random.choice(("", ".0", ".000", ".1", ".99", ".001", ".999999999999"))
        return f"{random.choice(('', '-'))}{digits}{fraction}e{random.randint(-38, 38)}"
    digits = "".join(random.choices("0123456789", k=random.choice((1, 2, 3, 5, 9, 17, 20, 30))))
    fraction = "".join(random.choices("0123456789", k=random.choice((0, 0, 1, 2, 4, 10, 40))))
    exponent = random.choice(("",) * 8 + ("e0", "e2", "E-2", "e15", "e-12", "e37"))
    sign = random.choice(("", "", "", "-", "+"))
    return f"{sign}{digits}{'.' if fraction else ''}{fraction}{exponent}"


def _moment(random: Random) -> str:
    start = datetime(1, 1, 3, tzinfo=UTC)
    at = start + timedelta(microseconds=random.randrange(315_537_000_000_000_000))
    if random.random() < 0.8:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(10**6))
    zone = random.choice(("Z", "", "+01:00", "-0330", "+1400", "+00:00"))
    return (
        at.strftime(random.choice(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"))).zfill(19) + zone
    )


_RANDOM: dict[str, Callable[[Random], str]] = {
    "string": lambda random: "".join(random.choices("aab é@1.😀\n", k=random.randrange(6))),
    "boolean": lambda random: random.choice(_TRUTHS),
    "date": lambda random: _moment(random)[:10],
    "timestamp": _moment,
    **dict.fromkeys(("int", "bigint", "double", "decimal"), _number),
}
_SMALL: dict[str, Callable[[Random], str]] = {  # few values, so that keys meet
    "string": lambda random: random.choice("abcdefgh") * random.choice((1, 2)),
    "date": lambda random: f"2026-01-{random.randint(1, 28):02}",
    "timestamp": lambda random: f"2026-01-{random.randint(1, 28):02}T10:00:00Z",
    "boolean": lambda random: random.choice(("true", "no")),
    **dict.fromkeys(("int", "bigint"), lambda random: str(random.randrange(60))),
    "decimal": lambda random: random.choice(("0", "0.5", "1", ".25")),
    "double": lambda random: str(random.randrange(40) / 4),
}
_NASTY = {
    "string": _TEXTS,
    "boolean": _TRUTHS,
    "date": _DAYS,
    "timestamp": _MOMENTS,
    **dict.fromkeys(("int", "bigint", "double", "decimal"), _NUMBERS),
}


def generated_text(random: Random, kind: str, spoiled: bool) -> str | None:
    """A value as sources send it; spoiled ones are often bad."""
    if not spoiled:
        return _SMALL[kind](random)
    chance = random.random()
    if chance < 0.1:
        return None
    if chance < 0.4:
        return random.choice(_NASTY[kind])
    return _RANDOM[kind](random) if chance < 0.6 else _SMALL[kind](random)


def at_the_limit(random: Random, precision: int, scale: int) -> str:
    """A number about the least that has too many digits for a decimal."""
    number = 10**precision + random.choice((-1, 0, 1, -5))
    digits = str(number).rjust(scale + 1, "0")
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    said = f"{whole}.{fraction}" if fraction else whole
    sign, zeros = random.choice(("", "", "-", "+")), random.choice(("", "", "0" * 40))
    return f"{sign}{zeros}{said}{random.choice(('', '', '0', '5', 'e0', 'e-1'))}"
