"""What `./weir` costs before its verb does anything."""

from __future__ import annotations

import sys

from benchmarks.measure import WEIR, Figure, seconds

_TIMES = 7


def run() -> list[Figure]:
    """What the wrapper adds to a verb that only prints its help."""
    wrapped = seconds([WEIR, "down", "--help"], times=_TIMES)
    direct = seconds([sys.executable, "-P", "-m", "cli", "down", "--help"], times=_TIMES)
    return [
        Figure(
            name="what the wrapper adds to ./weir down --help",
            value=max(wrapped - direct, 0),
            unit="s",
            target=0.5,
            rival="python -c pass",
            rival_value=seconds([sys.executable, "-c", "pass"], times=_TIMES),
            note=f"medians of {_TIMES}: with the wrapper {wrapped:.2f} s, without {direct:.2f} s",
        )
    ]
