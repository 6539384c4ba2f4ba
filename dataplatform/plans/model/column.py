"""A column as every layer of the lake knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Column:
    """A typed column.

    `type` is engine-neutral: boolean, int, bigint, double, decimal(p,s), string, date,
    timestamp (UTC), struct<name:type,...>, array<type>. `id` is the contract's, by which a renamed
    column is known again; "" for none. `field` is what the source calls it, "" where that is its
    name. `format`: how the source writes its values (`contracts.formats`), "" where that is as
    the cast takes them. `zone`: of a timestamp's values that name none, "" for UTC. `parts`: of an
    object its properties, of an array its element, which has no name.
    """

    name: str
    type: str
    required: bool = False
    max_length: int | None = None
    description: str = ""
    classification: str = ""
    id: str = ""
    field: str = ""
    format: str = ""
    zone: str = ""
    parts: tuple[Column, ...] = ()

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Column:
        """Read what `dataclasses.asdict` gave of one."""
        # Plans that were deployed before columns had parts are read to be compared with.
        return cls(**{**raw, "parts": tuple(map(cls.from_dict, raw.get("parts", ())))})
