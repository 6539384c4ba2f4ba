"""Which tests stay together when the suite runs in several processes: those that share the dear."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parent

_SHARED: Final = {
    "platform": "platform",  # minutes; its tests run in the order of their files
    "cloud": "glue",  # a server with a JVM
    "spark": "spark",  # a JVM, and its memory
    "synthesized": "synthesis",
    "dev": "synthesis",
    "prod": "synthesis",
    "stage": "synthesis",
    "machine": "machine",
    "redshift": "redshift",
    "foodmart": "foodmart",
}
"""Fixtures that live as long as their process, with a name for their tests; the dearest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's group for `--dist loadgroup`; groups run in the order of `_SHARED`.

    What shares nothing stays together by file, so that a module's fixtures are made once.
    """
    groups = list(dict.fromkeys(_SHARED.values()))

    def place(item: pytest.Item) -> int:
        name = _group(item)
        return groups.index(name) if name in groups else len(groups)

    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=place)


def _group(item: pytest.Item) -> str:
    used = getattr(item, "fixturenames", ())
    shared = (group for fixture, group in _SHARED.items() if fixture in used)
    return next(shared, str(item.path.relative_to(_ROOT)))
