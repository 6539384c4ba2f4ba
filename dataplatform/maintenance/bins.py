"""Which small files to join: bins of a partition's files, each up to the target size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Final, TypeVar

MIN_FILES: Final = 5
"""Fewer small files of a partition stay as they are: opening four costs a reader little, while
joining each new one at once would write a partition again with every batch. Iceberg's default."""

SMALL: Final = 0.75
"""Of the target size: a file below is worth joining. Iceberg's default, so that what one engine has
joined the other leaves alone."""

File = TypeVar("File")


def bins(
    files: Iterable[File],
    *,
    partition: Callable[[File], Hashable],
    size: Callable[[File], int],
    target: int,
) -> list[list[File]]:
    """Groups of small files of one partition, each to be written as one file.

    The smallest come first, so that what is written again is mostly what is small. A group with
    fewer than `MIN_FILES` is left out.

    Args:
        target: bytes of a full file.
    """
    small: dict[Hashable, list[File]] = {}
    for file in files:
        if size(file) < SMALL * target:
            small.setdefault(partition(file), []).append(file)
    groups = [group for of_one in small.values() for group in _packed(of_one, size, target)]
    return [group for group in groups if len(group) >= MIN_FILES]


def _packed(files: list[File], size: Callable[[File], int], target: int) -> list[list[File]]:
    groups: list[list[File]] = [[]]
    filled = 0
    for file in sorted(files, key=size):
        if groups[-1] and filled + size(file) > target:
            groups.append([])
            filled = 0
        groups[-1].append(file)
        filled += size(file)
    return groups
