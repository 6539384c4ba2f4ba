"""Text of another encoding than the contract's: read as it says, each such letter would be two."""

from __future__ import annotations

from typing import Final

from dataplatform.drift.model import Drift, Kind
from dataplatform.drift.shape import Shape
from dataplatform.parsing.csv_form import ENCODINGS, UTF_8, encoding_name
from dataplatform.plans.model import SilverPlan

_ONE_BYTE: Final = {ENCODINGS[name] for name in ("windows-1252", "ISO-8859-1", "ISO-8859-15")}
"""Encodings in which UTF-8 can be read, as other letters: `ü` as `Ã¼`."""


def wrongly_read(shape: Shape, plan: SilverPlan) -> Drift | None:
    """That an object is UTF-8, where the contract says an encoding of one byte a letter.

    Every text of the sample that isn't ASCII must say so: such pairs of letters are no language's.
    """
    encoding = plan.csv.encoding
    if plan.source.format != "csv" or encoding not in _ONE_BYTE:
        return None
    values = (value for column in shape.columns for value in (column.name, *column.values))
    # A byte that the encoding doesn't have is `?` in a sample, and its text tells nothing.
    telling = [value for value in values if not value.isascii() and "?" not in value]
    if not telling or not all(_is_utf_8(value, encoding) for value in telling):
        return None
    name = encoding_name(encoding)
    return Drift(
        kind=Kind.ENCODING,
        column="",
        found=encoding_name(UTF_8),
        expected=name,
        breaking=True,
        remedy="If all files come so, say it in the contract: servers.encoding: UTF-8. "
        f"Else land the file again as {name}.",
    )


def _is_utf_8(value: str, encoding: str) -> bool:
    try:
        value.encode(encoding).decode(UTF_8)
    except UnicodeError:
        return False
    return True
