"""What a proposal tells a person beside its contract: what was assumed, and what is left open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cli.inference.model import ProposedColumn
from cli.inference.reading import Read

SAY_WHICH: Final = "say it where you know"
"""In a column's hint: values don't tell how they are written."""

_OFFSET: Final = re.compile("[XZ]")


def of_formats(columns: Sequence[ProposedColumn]) -> list[str]:
    """Which columns are read by a format, and where a person must say by which."""
    read_so = [f"{column.name} as {column.format}" for column in columns if column.format]
    open_ones = [c.name for c in columns if any(SAY_WHICH in words for words, _ in c.hints)]
    notes = [f"read by a format: {', '.join(read_so)}"] if read_so else []
    moments = [column for column in columns if column.type == "timestamp" and column.format]
    if unzoned := [c.name for c in moments if not _OFFSET.search(c.format)]:
        notes.append(
            f"{', '.join(unzoned)}: taken for UTC, as no zone is written; of another say "
            "logicalTypeOptions.defaultTimezone: Europe/Berlin"
        )
    if open_ones:
        notes.append(
            f"{', '.join(open_ones)}: kept as text, as values don't tell how they are written; a "
            "comment has what fits: say it before the first deployment"
        )
    return notes


def of_sample(
    found: Read,
    names: Sequence[str],
    key: tuple[str, ...],
    likely: tuple[str, ...],
    rows: int,
) -> list[str]:
    """What of the sample isn't in the contract as it came, and why there is no key.

    Args:
        likely: columns that are told but not proposed as a key.
    """
    notes = []
    renamed = sum(name != field for name, field in zip(names, found.fields, strict=True))
    if renamed:
        notes.append(
            f"{renamed} of {len(names)} columns have another name than in the source, which "
            "physicalName keeps"
        )
    if found.unnamed:
        notes.append("a column without a name stays outside the table: bronze keeps it in _extra")
    if found.rejected:
        notes.append(f"{found.rejected:,} records can't be read; {found.fault}")
    if likely:
        notes.append(
            f"no key: rows append. {' and '.join(likely)} differ together in every record: "
            "if they identify a row, say so in the contract before the first deployment"
        )
    elif not key:
        why = "one record shows no key" if rows < 2 else "no id, and no two or three ids together"
        notes.append(f"no key ({why}): rows append, and the same file twice counts once")
    return notes
