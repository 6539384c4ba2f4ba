"""A batch's figures held beside those of earlier runs: outside median ± 5 MAD is an anomaly.

MAD is the median of the distances from the median: unlike a standard deviation it isn't moved by
the one odd run that it is to find. Where earlier runs were all alike it is nought, and every batch
would be odd; so each figure has a least distance of its own, below which nothing is odd. The
reasons are in docs/decisions/quality.md, "What a run is held beside".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from dataplatform.quality.model import Severity
from dataplatform.quality.profile import ColumnProfile, Profile
from dataplatform.quality.verdicts import Verdict, number, share

LEAST_RUNS: Final = 5
"""Published runs before anything is odd."""

DISTANCES: Final = 5
"""A figure is odd where it is farther from the median than so many MAD."""

ALWAYS: Final = 10
"""So many times the median volume is odd however far earlier runs were apart."""

LEAST_VOLUME: Final = 100
"""Records below which no batch is too large: ten times three corrections are thirty."""

LEAST_RECORDS: Final = 30
"""Records below which a batch's columns aren't looked at: their figures are chance."""

_MORE_FLOOR: Final = 0.4
"""Of the median: with five of them, three times a usual batch passes, a feed that missed two."""

_FEWER_FLOOR: Final = 0.18
"""Of the median: with five of them, a tenth of a usual batch passes without a word."""

_SHARE_FLOOR: Final = 0.01
_DISTINCT_FLOOR: Final = 0.02
_DISTINCT_OWN: Final = 0.04
"""Of the median share: of values that are nearly all distinct, a fifth fewer isn't odd."""

_SPREAD_FLOOR: Final = 0.05
"""Of a standard deviation: a mean that moves by less than a quarter of it isn't odd."""

_COMPARABLE: Final = 2.0
"""The share of distinct values falls as batches grow, so it is held beside those of at most twice
and at least half the records."""


def anomalies(profile: Profile, history: Sequence[Profile]) -> tuple[Verdict, ...]:
    """What is odd about a batch.

    Args:
        history: profiles of published runs, in any order; fewer than `LEAST_RUNS` say nothing, nor
            do runs that brought nothing but deletes.
    """
    history = [past for past in history if past.rows]
    if len(history) < LEAST_RUNS:
        return ()
    return tuple([*_volume(profile.rows, history), *_columns(profile, history)])


def _volume(rows: int, history: Sequence[Profile]) -> Iterator[Verdict]:
    """Too many stop; too few only warn, since an incremental feed may bring little."""
    usual, distance = _around([past.rows for past in history])
    more, fewer = (max(distance, floor * usual) for floor in (_MORE_FLOOR, _FEWER_FLOOR))
    most = min(usual + DISTANCES * more, ALWAYS * usual)
    least = max(usual - DISTANCES * fewer, 0)
    expected = f"{number(round(least))} to {number(round(most))} records"
    expected += f" (median of {len(history)} runs: {number(usual)})"
    found = f"{number(rows)} records"
    if rows >= LEAST_VOLUME and (rows > most or rows >= ALWAYS * usual):
        yield Verdict(name="row_count", found=found, expected=expected)
    elif rows < least:
        yield Verdict(name="row_count", found=found, expected=expected, severity=Severity.WARNING)


def _columns(profile: Profile, history: Sequence[Profile]) -> Iterator[Verdict]:
    if profile.rows < LEAST_RECORDS:
        return
    for name, column in profile.columns.items():
        past = [(p.rows, p.columns[name]) for p in history if name in p.columns]
        if len(past) < LEAST_RUNS:
            continue  # a column that is new to the contract
        yield from _nulls(name, column, past, profile.rows)
        yield from _mean(name, column, past, profile.rows)
        yield from _distinct(name, column, past, profile.rows)


_Past = Sequence[tuple[int, ColumnProfile]]
"""Records and figures of earlier runs."""


def _nulls(name: str, column: ColumnProfile, past: _Past, rows: int) -> Iterator[Verdict]:
    shares = [figures.null_share for _, figures in past]
    usual, distance = _around(shares)
    # A share of few records comes in steps of one, and scatters by itself.
    chance = max(math.sqrt(usual * (1 - usual) / rows), 1 / rows)
    reach = DISTANCES * max(distance, _SHARE_FLOOR, chance)
    if abs(column.null_share - usual) > reach:
        yield _odd(f"{name}.null_share", column.null_share, usual, reach, len(past))


def _mean(name: str, column: ColumnProfile, past: _Past, rows: int) -> Iterator[Verdict]:
    means = [figures.mean for _, figures in past if figures.mean is not None]
    spreads = [figures.spread for _, figures in past if figures.spread is not None]
    if column.mean is None or len(means) < LEAST_RUNS:
        return
    usual, distance = _around(means)
    # Where the column has had one value only, its scatter is this batch's own.
    spread = (median(spreads) if spreads else 0.0) or column.spread or 0.0
    reach = DISTANCES * max(distance, spread * max(_SPREAD_FLOOR, 1 / math.sqrt(rows)))
    reach = max(reach, 1e-9 * abs(usual))  # what adding doubles in another order changes
    if abs(column.mean - usual) > reach:
        yield Verdict(
            name=f"{name}.mean",
            found=number(column.mean),
            expected=f"{number(usual - reach)} to {number(usual + reach)}"
            f" (median of {len(means)} runs: {number(usual)})",
        )


def _distinct(name: str, column: ColumnProfile, past: _Past, rows: int) -> Iterator[Verdict]:
    shares = [
        figures.distinct_share
        for count, figures in past
        if figures.distinct_share is not None and count / _COMPARABLE <= rows <= count * _COMPARABLE
    ]
    if column.distinct_share is None or len(shares) < LEAST_RUNS:
        return
    usual, distance = _around(shares)
    reach = DISTANCES * max(distance, _DISTINCT_FLOOR, _DISTINCT_OWN * usual)
    if abs(column.distinct_share - usual) > reach:
        yield _odd(f"{name}.distinct_share", column.distinct_share, usual, reach, len(shares))


def _odd(name: str, found: float, usual: float, reach: float, runs: int) -> Verdict:
    low, high = max(usual - reach, 0.0), min(usual + reach, 1.0)
    return Verdict(
        name=name,
        found=share(found),
        expected=f"{share(low)} to {share(high)} (median of {runs} runs: {share(usual)})",
    )


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Median, and the median distance from it."""
    middle = median(values)
    return middle, median(abs(value - middle) for value in values)
