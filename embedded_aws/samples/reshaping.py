"""A source whose records change shape: fields that come, go, change their kind or their name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

ADDED: Final = "till 7"
"""The value of each new field."""

_LISTS: Final = ("added", "dropped", "retyped")


@dataclass(frozen=True)
class Reshaping:
    """What `POST /_control {"shape": ...}` asks for; nothing by default.

    Attributes:
        added: names of new fields.
        dropped: fields that are left out.
        retyped: fields whose values become words: `"3.0000"` is `"about 3.0000"`.
        renamed: new names by the old ones.
    """

    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """The whole shape: what isn't named is as the records have it.

        Raises:
            ValueError: an unknown name, or what is no list (mapping) of names.
        """
        if not isinstance(given, dict) or set(given) - {*_LISTS, "renamed"}:
            raise ValueError(f"shape: keys {', '.join(_LISTS)}, renamed")
        lists = {name: _names(given.get(name, [])) for name in _LISTS}
        renamed = given.get("renamed", {})
        if not isinstance(renamed, dict):
            raise ValueError("shape: renamed is a mapping of names")
        _names([*renamed, *renamed.values()])
        return cls(**lists, renamed=renamed)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {**{name: list(getattr(self, name)) for name in _LISTS}, "renamed": self.renamed}

    def of(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record in this shape."""
        shaped: dict[str, Any] = {}
        for name, value in record.items():
            if name not in self.dropped:
                shown = f"about {value}" if name in self.retyped else value
                shaped[self.renamed.get(name, name)] = shown
        return {**shaped, **dict.fromkeys(self.added, ADDED)}


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ValueError("shape: lists of names")
    if not all(isinstance(name, str) and name for name in given):
        raise ValueError("shape: names are text")
    return tuple(given)
