"""Runtimes that the wrapper has set up, as functions and jobs of a template find them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from embedded_aws import runtimes
from embedded_aws.spark.settings import SparkNotInstalled, SparkSettings
from embedded_aws.state import StateDir
from stacks.runtime import GLUE_5_1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Glue 6.0 that is set up by halves: without its jars."""
    home = tmp_path / "glue-6.0-abc"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3.13").touch()
    (home / "lib" / "python3.13" / "site-packages" / "pyspark").mkdir(parents=True)
    listed = tmp_path / "tools.json"
    listed.write_text(json.dumps({"node": "/usr/bin/node", "glue-6.0": str(home)}))
    monkeypatch.setenv(runtimes.TOOLS_VARIABLE, str(listed))
    return home


@pytest.fixture
def settings(tmp_path: Path) -> SparkSettings:
    return SparkSettings(
        java="java",
        spark_home=tmp_path / "pyspark",
        jars=(),
        state=StateDir.at(tmp_path),
        endpoint="https://127.0.0.1:1",
        ca_bundle="",
        trust_store=None,
    )


def test_what_a_stage_has_by_default_is_this_environments_own(settings: SparkSettings) -> None:
    assert runtimes.interpreter(GLUE_5_1.function) == Path(sys.executable)
    assert settings.of_glue(GLUE_5_1.glue) is settings


def test_a_function_of_another_python_gets_it(home: Path) -> None:
    assert runtimes.interpreter("python3.13") == home / "bin" / "python3.13"
    assert runtimes.interpreter("python3.12") is None


def test_a_job_of_another_glue_gets_its_spark_its_jars_and_its_python(
    home: Path, settings: SparkSettings
) -> None:
    (home / "jars").mkdir()
    jars = [home / "jars" / f"iceberg-{name}.jar" for name in ("aws-bundle", "spark-runtime")]
    for jar in jars:
        jar.touch()
    newer = settings.of_glue("6.0")
    assert newer is not None
    assert newer.jars == tuple(jars)
    assert newer.spark_home == home / "lib" / "python3.13" / "site-packages" / "pyspark"
    assert newer.python == str(home / "bin" / "python")


def test_one_that_is_set_up_by_halves_fails_its_job(home: Path, settings: SparkSettings) -> None:
    with pytest.raises(SparkNotInstalled, match="Iceberg"):
        settings.of_glue("6.0")


def test_one_that_nobody_set_up_is_not_there(
    settings: SparkSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(runtimes.TOOLS_VARIABLE, raising=False)
    assert settings.of_glue("6.0") is None
    assert runtimes.interpreter("python3.13") is None
