from __future__ import annotations

import json
from pathlib import Path

import pytest

from embedded_aws.spark.settings import QUICK_JVM, SparkNotInstalled, SparkSettings
from embedded_aws.state import STATE_DIR_VARIABLE


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path / "state"))
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    jars = tmp_path / "jars"
    jars.mkdir()
    for name in ("iceberg-aws-bundle-1.jar", "iceberg-spark-runtime-1.jar", "foodmart.jar"):
        (jars / name).touch()
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps({"java_home": str(tmp_path / "java"), "jars": str(jars)}))
    return {"WEIR_TOOLS": str(tools), "GATEWAY_PORT": "4566", "PATH": ""}


def test_tools_come_from_the_tools_file(environment: dict[str, str], tmp_path: Path) -> None:
    settings = SparkSettings.from_environment(environment)
    assert settings.java == str(tmp_path / "java" / "bin" / "java")
    assert [jar.name for jar in settings.jars] == [
        "iceberg-aws-bundle-1.jar",
        "iceberg-spark-runtime-1.jar",
    ]
    assert settings.endpoint == "https://127.0.0.1:4566"


def test_heavy_jobs_can_have_a_jvm_of_their_own_taste(environment: dict[str, str]) -> None:
    assert SparkSettings.from_environment(environment).jvm_options == QUICK_JVM
    environment["WEIR_SPARK_JVM_OPTIONS"] = "-XX:+UseParallelGC -Xmn1g"
    heavy = SparkSettings.from_environment(environment)
    assert heavy.jvm_options == ("-XX:+UseParallelGC", "-Xmn1g")


def test_missing_jars_are_named_with_what_to_do(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "jars" / "iceberg-aws-bundle-1.jar").unlink()
    with pytest.raises(SparkNotInstalled, match=r"1 of Iceberg's two jars[\s\S]*weir up"):
        SparkSettings.from_environment(environment)


def test_a_machine_without_java_is_told_so(environment: dict[str, str]) -> None:
    del environment["WEIR_TOOLS"]
    with pytest.raises(SparkNotInstalled, match="Java"):
        SparkSettings.from_environment(environment)
