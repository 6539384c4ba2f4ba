"""Functions and jobs: what the stack writes is what the code reads."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from dataplatform import settings
from dataplatform.settings import EngineSettings, PlanningSettings, Settings
from lambdas.plan_batches.logic import GZIP_EXPANSION, MAX_BYTES
from stacks.assets import ROOT, lambda_code, spark_code
from tests.infrastructure.assembly import Assembly, Resource


def _functions(assembly: Assembly) -> list[Resource]:
    return [
        function
        for function in assembly.resources("AWS::Lambda::Function")
        if str(function.properties["Handler"]).startswith("lambdas.")
    ]


def _settings_read(folder: Path) -> Iterator[type[Settings]]:
    """The settings classes that a function's modules, and those it shares, read."""
    for module in _own_modules(folder):
        for node in ast.walk(ast.parse(module.read_text())):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr="from_environment"):
                    yield getattr(settings, name)


def _own_modules(folder: Path) -> Iterator[Path]:
    handler = folder / "handler.py"
    yield handler
    for node in ast.walk(ast.parse(handler.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lambdas."):
            path = ROOT / (node.module or "").replace(".", "/")
            if path.with_suffix(".py").is_file():
                yield path.with_suffix(".py")


def test_each_function_gets_the_settings_that_its_handler_reads(stage: Assembly) -> None:
    for function in _functions(stage):
        folder = ROOT / Path(*str(function.properties["Handler"]).split(".")[:2])
        given = set(function.properties["Environment"]["Variables"])
        for read in _settings_read(folder):
            wanted = {f"WEIR_{field.name.upper()}" for field in fields(read)}
            assert wanted <= given, f"{function}: {wanted - given}"


def test_each_handler_can_be_called(stage: Assembly) -> None:
    for function in _functions(stage):
        module, _, name = str(function.properties["Handler"]).rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), function


def test_each_folder_of_lambdas_is_deployed(stage: Assembly) -> None:
    deployed = {str(f.properties["Handler"]).split(".")[1] for f in _functions(stage)}
    written = {path.parent.name for path in ROOT.glob("lambdas/*/handler.py")}
    assert written - deployed <= {"transform_events"}, "streams are deployed for their datasets"


def test_every_function_ships_the_same_code(stage: Assembly) -> None:
    assert len({str(f.properties["Code"]["S3Key"]) for f in _functions(stage)}) == 1


def test_functions_are_named_as_the_command_line_names_them(dev: Assembly) -> None:
    for function in _functions(dev):
        verb_noun = str(function.properties["Handler"]).split(".")[1]
        assert function.properties["FunctionName"] == f"weir-dev-{verb_noun.replace('_', '-')}"


@pytest.mark.parametrize("archive", [lambda_code, spark_code])
def test_code_assets_hold_code_alone(archive: object) -> None:
    import zipfile

    assert callable(archive)
    with zipfile.ZipFile(archive()) as opened:
        names = opened.namelist()
    assert names
    assert all(name.endswith(".py") for name in names)
    assert all(name.startswith(("dataplatform/", "lambdas/", "glue_jobs/")) for name in names)


def test_jobs_get_the_settings_that_their_script_reads(stage: Assembly) -> None:
    for job in stage.resources("AWS::Glue::Job"):
        given = set(job.properties["DefaultArguments"])
        assert {f"--{field.name}" for field in fields(settings.JobSettings)} <= given, job


def test_only_functions_that_touch_iceberg_carry_the_lake_layer(stage: Assembly) -> None:
    carriers = {
        str(function.properties["FunctionName"]).split("-", 2)[2]
        for function in _functions(stage)
        if len(function.properties["Layers"]) == 2
    }
    assert carriers == {
        "stage-batch",
        "migrate-schemas",
        "merge-silver",
        "build-gold",
        "maintain-table",
        "plan-backfill",
        "backfill-chunk",
    }


def test_functions_that_run_duckdb_have_what_a_stage_gives_them(stage: Assembly) -> None:
    for name in ("merge_silver", "build_gold"):
        function = stage.one("AWS::Lambda::Function", Handler=f"lambdas.{name}.handler.handler")
        given = function.properties["Environment"]["Variables"]
        assert function.properties["MemorySize"] == int(given["WEIR_MEMORY_MIB"]) == 3008
        storage = function.properties["EphemeralStorage"]["Size"]
        assert storage == int(given["WEIR_STORAGE_MIB"]) == 8192
        assert function.properties["Timeout"] == 15 * 60
        assert "ReservedConcurrentExecutions" not in function.properties


def test_batches_are_planned_by_the_stages_limit(dev: Assembly) -> None:
    function = dev.one("AWS::Lambda::Function", FunctionName="weir-dev-plan-batches")
    given = function.properties["Environment"]["Variables"]
    limit = PlanningSettings.from_environment({name: str(value) for name, value in given.items()})
    assert limit.function_bytes == 2560 << 20
    assert limit.function_bytes >= MAX_BYTES * GZIP_EXPANSION, "a full batch of packed files"


def test_engines_are_chosen_by_the_stages_limits(dev: Assembly) -> None:
    function = dev.one("AWS::Lambda::Function", FunctionName="weir-dev-choose-engines")
    given = function.properties["Environment"]["Variables"]
    limits = EngineSettings.from_environment(
        {name: str(value) for name, value in given.items()}  # names of resources are references
    )
    assert (limits.batch_bytes, limits.rows, limits.table_bytes) == (2 << 30, 10_000_000, 1 << 30)
