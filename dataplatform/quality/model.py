"""A check of one record, as every engine renders it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule that each record keeps; a record that breaks it is quarantined with `reason`.

    `kind` and `arguments`:
        required; minimum, maximum, exclusive_minimum, exclusive_maximum (bound: text of the
        column's type); min_length, max_length (characters); pattern (regular expression, found
        anywhere); one_of, none_of (values). All but `required` hold for a missing value.
    """

    name: str
    column: str
    kind: str
    reason: str
    arguments: tuple[str, ...] = ()
