"""Versions of contracts, as semantic versioning reads them."""

from __future__ import annotations


def raises_major(before: str, now: str) -> bool:
    """Whether a version announces that readers of the one before may break; False where either is
    unknown ("")."""
    return bool(before and now) and major(now) > major(before)


def goes_back(before: str, now: str) -> bool:
    """Whether a version is lower than the one before it."""
    return _parts(now) < _parts(before)


def next_major(version: str) -> str:
    """`2.0.0` after `1.4.2`."""
    return f"{major(version) + 1}.0.0"


def major(version: str) -> int:
    """`1` of `1.4.2`."""
    return _parts(version)[0]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
