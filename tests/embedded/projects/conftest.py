"""A platform for projects that change, whose first run Spark did: DuckDB's has the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.spark.settings import WARM_UP_VARIABLE
from tests.embedded.first_runs import FirstRun, Kept
from tests.embedded.harness import Platform, bring_up, brought_down


@pytest.fixture(scope="package")
def platform(
    tmp_path_factory: pytest.TempPathFactory, foodmart: Foodmart, sparks_first_run: Kept
) -> Iterator[Platform]:
    """Brought up by `./weir up --engine spark`; erased when these tests have ended."""
    # Spark starts while the stacks are deployed.
    variables = {WARM_UP_VARIABLE: "1"}
    platform = Platform(tmp_path_factory.mktemp("projects") / "state", variables)
    with mock.patch.dict(os.environ), brought_down(platform):
        with sparks_first_run.alone():
            bring_up(platform, "--engine", "spark")
            sparks_first_run.write(FirstRun.of(platform, foodmart))
        yield platform
    platform.reconnect()
