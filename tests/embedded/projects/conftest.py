"""A platform for projects that change, whose first run Spark did: DuckDB's has the other.

A deployment is what costs here. So a contract that is refused has its own, and all other changes
are deployed together, once, and back together, once. The files' names give the order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.spark.settings import WARM_UP_VARIABLE
from tests.embedded.first_runs import FirstRun, Kept
from tests.embedded.harness import Platform, bring_up, brought_down
from tests.embedded.projects.changes import Changed, Promotions, change
from tests.embedded.projects.copies import copied, synthesis_kept, weir
from tests.embedded.shared import Synthesis


@pytest.fixture(scope="package")
def platform(
    tmp_path_factory: pytest.TempPathFactory,
    foodmart: Foodmart,
    sparks_first_run: Kept,
    synthesis: Synthesis,
) -> Iterator[Platform]:
    """Brought up by `./weir up --engine spark`; erased when these tests have ended."""
    # Spark starts while the stacks are deployed.
    variables = {WARM_UP_VARIABLE: "1"}
    platform = Platform(tmp_path_factory.mktemp("projects") / "state", variables)
    with mock.patch.dict(os.environ), brought_down(platform):
        with sparks_first_run.alone():
            synthesis.give(platform)
            bring_up(platform, "--engine", "spark")
            sparks_first_run.write(FirstRun.of(platform, foodmart))
        yield platform
    platform.reconnect()


@pytest.fixture(scope="package")
def changed(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Changed:
    """A project with all changes, deployed in place of ours."""
    folder = tmp_path_factory.mktemp("changed")
    (folder / "project").mkdir()
    project = copied(folder / "project")
    before = Promotions.of(platform)
    proposed = change(project, platform, folder)
    assert weir(project, platform, "contracts", "check")["problems"] == []
    with synthesis_kept(platform):
        datasets = weir(project, platform, "up")["datasets"]
    platform.reconnect()
    return Changed(project, before, proposed, datasets)


@pytest.fixture(scope="package")
def restored(platform: Platform, changed: Changed) -> None:
    """The project as it is, deployed again: what the changed one added is gone with it."""
    platform.json("up")
    platform.reconnect()
