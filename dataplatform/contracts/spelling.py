"""Names of columns from whatever a source calls its fields: lower case, digits, underscores."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 90

_HUMP: Final = re.compile(
    # orderId, HTTPServer and KDNr have two words; USt, IDs and URLs have one.
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2}|N[or]|Id)"
)
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_LETTERS: Final = {
    **{"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o"},
    **{"đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "μ": "u", "µ": "u"},
}
"""Umlauts as German spells them out, and letters that have no plain one within them. Of all others
the accent goes: Unicode says which letter it stands on."""

_SIGNS: Final = {
    **{"%": "pct", "‰": "permille", "€": "eur", "£": "gbp", "°": "deg"},
    **{"&": "and", "#": "no", "№": "no"},
}
"""Signs that tell columns apart: `USt %` and `USt €`. A dollar is of more than one country."""

_SPELT: Final = re.compile(f"[{''.join(_LETTERS)}ÄÖÜẞÆŒØĐÐŁÞ]")
_SIGN: Final = re.compile(f"[{''.join(_SIGNS)}]")


def snake(field: str) -> str:
    """A column's name of the words of a field; "" where none of its letters can be written so.

    The same field always gives the same name: `Größe (m²)` is groesse_m2, `USt %` ust_pct, `2nd`
    c_2nd.
    """
    spelt = _SPELT.sub(_letters, unicodedata.normalize("NFC", field))
    named = _SIGN.sub(lambda sign: f" {_SIGNS[sign[0]]} ", spelt)
    plain = unicodedata.normalize("NFKD", named).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", _HUMP.sub("_", plain).lower()).strip("_")[:LONGEST].strip("_")
    return f"c_{name}" if name[:1].isdigit() else name


def _letters(found: re.Match[str]) -> str:
    """In capitals where the letters about it are: `ÜBER` is one word, as `Über` is."""
    letter = found[0]
    spelt = _LETTERS[letter.lower()]
    if not letter.isupper():
        return spelt
    after = found.string[found.end() : found.end() + 1]
    return spelt.capitalize() if after.islower() else spelt.upper()
