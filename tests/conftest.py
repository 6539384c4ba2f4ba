"""Which tests stay together when the suite runs in several processes: those that share the dear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

_TOGETHER: Final = (
    ("tests/embedded/core/", "core"),  # a server with a JVM; stands before its parent's folder
    ("tests/embedded/", "platform"),  # minutes; its tests run in the order of their files
    ("tests/unit/dataplatform/plans/", "spark"),  # a JVM, and its memory
    ("tests/unit/dataplatform/render/", "spark"),
    ("tests/unit/glue_jobs/", "spark"),
    ("tests/infrastructure/", "synthesis"),
    ("tests/unit/embedded_aws/redshift/", "redshift"),
    ("tests/unit/embedded_aws/samples/", "samples"),
)
"""Folders whose tests share a fixture that lives as long as its process."""

_DEAREST: Final = ("platform", "core", "spark", "synthesis")
"""What is begun first, so that no process is left with it when the other has ended."""


def group(nodeid: str) -> str:
    """What a test stays together with; where its folder shares nothing, its file."""
    together = (name for folder, name in _TOGETHER if nodeid.startswith(folder))
    return next(together, nodeid.partition("::")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let groups run one after the other, the dearest first."""
    items.sort(key=lambda item: _place(group(item.nodeid)))


def _place(name: str) -> int:
    return _DEAREST.index(name) if name in _DEAREST else len(_DEAREST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Send a group to one process. (xdist's own groups do nothing since pytest 9.2: they write an
    attribute of items that no longer is the node's id.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return ByGroup(config, log)
