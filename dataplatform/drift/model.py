"""Drift, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dataplatform.contracts.nesting import kind_in_words


class Kind(StrEnum):
    """In what way an object differs from its contract."""

    NEW = "new"
    WITHIN = "within"
    MISSING = "missing"
    RENAMED = "renamed"
    RETYPED = "retyped"
    HEADER = "header"
    ENCODING = "encoding"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One difference between what was sampled and the contract. It holds no value of any record.

    column: of the contract; of the source where the contract has none such; of a field that is new
        within a column its path, `address.country`; "" for the whole header or object.
    found: the type that the sampled values fit; of a renamed column its name at the source now, of
        a missing one the name that was looked for there; of another encoding its name.
    expected: what the contract says: a type; "" of a new column.
    form: of a sampled value, letters and digits hidden: `xxx-99`; "" where none was seen.
    breaking: the object waits. What isn't breaking is told, and the object goes on.
    """

    kind: Kind
    column: str
    found: str
    expected: str
    breaking: bool
    remedy: str
    form: str = ""

    @property
    def identity(self) -> str:
        """What makes a drift the same one when it is seen again: `renamed:store_name:title`.

        Not the type that was found: the next object's values may fit another.
        """
        if self.kind == Kind.RENAMED:
            return f"{self.kind}:{self.column}:{self.found}"
        return f"{self.kind}:{self.column}"

    @property
    def text(self) -> str:
        """In words, as `describe` has it."""
        return describe(self.kind, self.column, self.found, self.expected)


def describe(kind: str, column: str, found: str, expected: str) -> str:
    """A drift in words: `column store_name is missing; "title" looks like it`."""
    match kind:
        case Kind.NEW:
            return f'new column "{column}" ({found})'
        case Kind.WITHIN:
            return f'new field "{column}" ({found})'
        case Kind.MISSING:
            return f"column {column} is missing"
        case Kind.RENAMED:
            return f'column {column} is missing; "{found}" looks like it'
        case Kind.RETYPED:
            return f"column {column} is {kind_in_words(expected)}, {values_are(found)}"
        case Kind.ENCODING:
            return f"its text is {found}, where the contract says {expected}"
        case _:
            return f"wrong header: {found}"


def values_are(found: str) -> str:
    """A type that was found, of values: `its values are objects`."""
    return f"its values are {f'{found}s' if found in ('object', 'array') else found}"
