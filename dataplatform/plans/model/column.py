"""A column as every layer of the lake knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Column:
    """A typed column.

    `type` is engine-neutral: boolean, int, bigint, double, decimal(p,s), string, date,
    timestamp (UTC). `id` is the contract's, by which a renamed column is known again; "" for none.
    `field` is what the source calls it, "" where that is its name.
    """

    name: str
    type: str
    required: bool = False
    max_length: int | None = None
    description: str = ""
    classification: str = ""
    id: str = ""
    field: str = ""
