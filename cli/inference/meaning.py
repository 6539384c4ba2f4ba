"""What a column's name and the look of its values say that its type doesn't."""

from __future__ import annotations

from collections.abc import Mapping

from cli.inference.names import words

EMAIL, PHONE, IP, UUID = "email", "phone", "ip", "uuid"

PATTERNS: Mapping[str, str] = {
    EMAIL: r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    PHONE: r"(\+|00)[0-9][0-9 ()./-]{6,18}|\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}",
    IP: r"([0-9]{1,3}\.){3}[0-9]{1,3}",
    UUID: r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
}
"""Regular expressions of a whole value, as RE2 reads them."""

_PERSONAL = (EMAIL, PHONE, IP)
_MOSTLY = 0.8

_PII_WORDS = frozenset(
    "email mail phone telephone mobile fax surname birthdate birthday dob ssn passport iban ip "
    "street address nickname lastname firstname fullname username latitude longitude".split()
)
_PII_PAIRS = frozenset(
    (("first", "name"), ("last", "name"), ("full", "name"), ("middle", "name"), ("given", "name"),
     ("family", "name"), ("maiden", "name"), ("user", "name"), ("customer", "name"),
     ("contact", "name"), ("person", "name"), ("employee", "name"), ("patient", "name"),
     ("birth", "date"), ("date", "birth"), ("credit", "card"), ("card", "number"),
     ("license", "plate"), ("licence", "plate"), ("number", "plate"), ("vehicle", "plate"),
     ("driver", "license"), ("driver", "licence"), ("tax", "id"), ("national", "id"))
)  # fmt: skip
_NO_PERSON = frozenset("store shop company branch warehouse product country web".split())
_MONEY = frozenset(
    "price amount cost fee salary wage balance revenue tax discount subtotal payment refund "
    "charge turnover".split()
)
_COUNTED = frozenset("count qty quantity number no id cents days code type rate".split())
_CODES = frozenset(
    "zip zipcode postcode postal phone telephone mobile fax ean gtin upc isbn iban bic ssn "
    "passport plz barcode".split()
)
_IDENTITY = frozenset("id key uuid guid code no nr number num line seq sequence sku pk".split())
_UPDATED = frozenset("updated modified changed update modification change mtime".split())


def personal(name: str, patterns: Mapping[str, float]) -> str:
    """Why a column may be about a person: "its name", "its values"; "" where nothing says so."""
    if any(patterns.get(kind, 0) >= _MOSTLY for kind in _PERSONAL):
        return "its values"
    parts = words(name)
    if set(parts) & _NO_PERSON and not {"email", "phone", "mail"} & set(parts):
        return ""
    pairs = {(first, other) for i, first in enumerate(parts) for other in parts[i + 1 :]}
    return "its name" if set(parts) & _PII_WORDS or pairs & _PII_PAIRS else ""


def money(name: str) -> bool:
    """Whether it is an amount of money by its name."""
    parts = set(words(name))
    return bool(parts & _MONEY) and not parts & _COUNTED


def code(name: str) -> bool:
    """Whether digits in it are a code rather than a number: nobody adds up postcodes."""
    return bool(set(words(name)) & _CODES)


def identity(name: str) -> bool:
    """Whether it identifies something by its name: order_id, line_no, sku."""
    return bool(set(words(name)[-1:]) & _IDENTITY)


def own_identity(name: str, dataset: str) -> bool:
    """Whether it names the dataset's own rows: id, return_id of returns."""
    parts = words(name)
    if not identity(name):
        return False
    return len(parts) == 1 or "_".join(parts[:-1]) in (dataset, _singular(dataset))


def updated(name: str) -> bool:
    """Whether it tells when a row was last changed."""
    return bool(set(words(name)) & _UPDATED)


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name.removesuffix("s")
