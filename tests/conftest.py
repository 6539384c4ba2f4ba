"""Which tests stay together when the suite runs in several processes: those that share the dear."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

_TOGETHER: Final = (
    ("tests/embedded/core/", "core"),  # a server with a JVM; stands before its parent's folder
    # Whole projects that change and are deployed again: on a platform of their own.
    ("tests/embedded/projects/", "projects"),
    ("tests/embedded/test_glue_jobs", "jobs"),  # servers of their own, without a stack
    ("tests/embedded/test_spark_warm_up", "jobs"),
    ("tests/embedded/", "platform"),  # minutes; its tests run in the order of their files
    ("tests/unit/dataplatform/compiler/", "spark"),  # a JVM, and its memory
    ("tests/unit/dataplatform/render/", "spark"),
    ("tests/unit/glue_jobs/", "spark"),
    ("tests/infrastructure/", "synthesis"),
    ("tests/unit/embedded_aws/redshift/", "redshift"),
    ("tests/unit/embedded_aws/samples/", "samples"),
)
"""Folders whose tests share a fixture that lives as long as its process."""

_DEAREST: Final = ("projects", "platform", "spark", "synthesis", "jobs", "core")
"""What is begun first, so that no process is left with it when others have ended. In one process
the platform of the projects is gone before the other comes.
"""


def group(nodeid: str) -> str:
    """What a test stays together with; where its folder shares nothing, its file."""
    together = (name for folder, name in _TOGETHER if nodeid.startswith(folder))
    return next(together, nodeid.partition("::")[0])


def pytest_keyboard_interrupt() -> None:
    """What tests have brought up is taken down; a worker that does so for long interrupts itself.

    No SIG_IGN: the verbs that it waits for would inherit that.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        signal.signal(signal.SIGINT, lambda *_: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let groups run one after the other, the dearest first."""
    items.sort(key=lambda item: _place(group(item.nodeid)))


def _place(name: str) -> int:
    return _DEAREST.index(name) if name in _DEAREST else len(_DEAREST)


class Failures:
    """Tells of each failure when it happens: of a run that is cut off, nothing else would be known.

    The traceback follows at the run's end, as always.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One line."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal:
            what = getattr(report.longrepr, "reprcrash", None)
            said = str(what.message).splitlines()[0] if what else ""
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when}) {said}"[:300])


def pytest_configure(config: pytest.Config) -> None:
    """Processes that xdist starts leave the telling to the one that started them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(config))


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
