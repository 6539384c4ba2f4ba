"""Stages are synthesized once a session, in one process: starting the CDK is what takes long."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from app import synthesize
from stacks.assets import ROOT
from tests.infrastructure.assembly import Assembly

Synthesize = Callable[..., Assembly]


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize a stage of cdk.json; keywords change its switches, `context` the rest."""

    def make(stage: str, context: dict[str, Any] | None = None, **switches: Any) -> Assembly:
        configured = json.loads((ROOT / "cdk.json").read_text())["context"]
        configured["stages"][stage].update(switches)
        directory = tmp_path_factory.mktemp(stage)
        # The CDK's own rules are app.py's part: their engine takes longer than all else here.
        app = App(
            outdir=str(directory),
            context={**configured, "stage": stage, **(context or {})},
            builtin_cloud_formation_validation=False,
        )
        synthesize(app, rules=False)
        return Assembly(Path(directory))

    return make


@pytest.fixture(scope="session")
def dev(synthesized: Synthesize) -> Assembly:
    """As configured: nothing that costs money while idle."""
    return synthesized("dev")


@pytest.fixture(scope="session")
def prod(synthesized: Synthesize) -> Assembly:
    """As configured: private, scheduled, started by arrivals."""
    return synthesized("prod", alarm_email="operator@example.com")


@pytest.fixture(scope="session", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest) -> Assembly:
    """Each configured stage in turn."""
    assembly: Assembly = request.getfixturevalue(request.param)
    return assembly
