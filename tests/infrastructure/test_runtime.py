"""The switch `runtime`: one value moves jobs, functions and layers together."""

from __future__ import annotations

import pytest

from stacks import packaging
from stacks.packaging import Layer
from stacks.runtime import GLUE_6_0
from tests.infrastructure.assembly import Assembly, flat
from tests.infrastructure.conftest import Synthesize


@pytest.fixture(scope="module")
def newer(synthesized: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """`dev` on Glue 6.0, with zips in the place of its layers: their wheels aren't looked at."""
    layers = tmp_path_factory.mktemp("layers")
    for name in ("base", "lake"):
        digest = Layer(name, GLUE_6_0).digest
        (layers / f"{name}-{digest[:16]}.zip").write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(packaging.DIRECTORY_VARIABLE, str(layers))
        return synthesized("dev", runtime="glue-6.0")


def _pythons(assembly: Assembly) -> set[str]:
    functions = assembly.resources("AWS::Lambda::Function")
    ours = [f for f in functions if str(f.properties["Handler"]).startswith("lambdas.")]
    layers = assembly.resources("AWS::Lambda::LayerVersion")
    compatible = {runtime for each in layers for runtime in each.properties["CompatibleRuntimes"]}
    return {str(function.properties["Runtime"]) for function in ours} | compatible


def _glues(assembly: Assembly) -> set[str]:
    return {str(job.properties["GlueVersion"]) for job in assembly.resources("AWS::Glue::Job")}


def test_every_job_function_and_layer_moves_at_once(newer: Assembly) -> None:
    assert _glues(newer) == {"6.0"}
    assert _pythons(newer) == {"python3.13"}


def test_configured_stages_run_on_what_the_laptop_holds(stage: Assembly) -> None:
    assert _glues(stage) == {"5.1"}
    assert _pythons(stage) == {"python3.11"}


def test_layers_for_another_python_are_other_assets(dev: Assembly, newer: Assembly) -> None:
    layers = [
        {str(layer.properties["Content"]["S3Key"]) for layer in each.resources(_LAYER)}
        for each in (dev, newer)
    ]
    assert len(layers[0]) == len(layers[1]) == 2
    assert not layers[0] & layers[1]


def test_nothing_but_versions_differs(dev: Assembly, newer: Assembly) -> None:
    """Tables, rights and state machines are the same, so a stage can go there and back."""
    wanted = {resource.logical_id for resource in dev.resources() if resource.type != _LAYER}
    found = {resource.logical_id for resource in newer.resources() if resource.type != _LAYER}
    assert wanted == found


def test_spark_4_is_told_to_cast_as_spark_3_does(newer: Assembly) -> None:
    for job in newer.resources("AWS::Glue::Job"):
        settings = flat(job.properties["DefaultArguments"]["--conf"]).split(" --conf ")
        assert "spark.sql.ansi.enabled=false" in settings


def test_rules_of_cdk_nag_hold(newer: Assembly) -> None:
    assert newer.nag["conclusion"] == "success"


_LAYER = "AWS::Lambda::LayerVersion"
