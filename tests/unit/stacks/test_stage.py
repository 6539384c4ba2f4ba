"""A stage's switches: typed, and refused by name when wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import RemovalPolicy

from dataplatform.errors import InvalidConfiguration
from stacks.assets import ROOT
from stacks.stage import Stage
from stacks.switches import load_stage

SWITCHES: dict[str, Any] = {
    "runtime": "glue-5.1",
    "private": False,
    "zones": "",
    "schedule": "",
    "start_on_arrival": False,
    "alarm_email": "",
    "erasable": True,
    "redshift_rpu": 4,
    "redshift_rpu_hours": 60,
    "log_retention_days": 14,
    "workers": 2,
    "spark_auto_scaling": False,
    "spark_flex": False,
    "maintenance_schedule": "",
    "delete_orphans": False,
    "delete_replayed": False,
    "glue_table_optimizers": False,
    "stage_function_mib": 2560,
    "duckdb_memory_mib": 3008,
    "duckdb_storage_mib": 8192,
    "duckdb_batch_mib": 2048,
    "duckdb_batch_rows": 10_000_000,
    "duckdb_table_mib": 1024,
}


def _load(stages: Any = None, **context: Any) -> Stage:
    stages = {"dev": SWITCHES} if stages is None else stages
    return load_stage({"stages": stages, **context}, root=ROOT)


def _refused(stages: Any = None, **context: Any) -> dict[str, str]:
    """Field -> whole message of each problem."""
    with pytest.raises(InvalidConfiguration) as caught:
        _load(stages, **context)
    return {problem.field: str(problem) for problem in caught.value.problems}


def test_dev_is_the_stage_when_none_is_named() -> None:
    assert _load().name == "dev"


def test_every_configured_stage_loads() -> None:
    import json

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    for name in context["stages"]:
        assert load_stage({**context, "stage": name}, root=ROOT).name == name


def test_a_stage_that_is_not_configured_is_refused_with_those_that_are() -> None:
    assert "one of dev" in _refused(stage="test")["stage"]


def test_all_problems_are_reported_together() -> None:
    wrong = {**SWITCHES, "redshift_rpu": 128, "privat": True, "workers": "2"}
    del wrong["private"]
    assert set(_refused({"dev": wrong})) == {
        *("stages.dev.redshift_rpu", "stages.dev.privat", "stages.dev.workers"),
        "stages.dev.private",
    }


def test_a_misspelt_key_is_answered_with_the_one_that_was_meant() -> None:
    message = _refused({"dev": {**SWITCHES, "redshift_rpus": 4}})["stages.dev.redshift_rpus"]
    assert 'Did you mean "redshift_rpu"?' in message


def test_a_stage_that_is_not_deployed_now_is_checked_too() -> None:
    assert _refused({"dev": SWITCHES, "prod": {**SWITCHES, "workers": 1}}, stage="dev")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("runtime", "glue-4.0"),
        ("runtime", "3.13"),
        ("private", "false"),
        ("private", 0),
        ("zones", "ab"),
        ("zones", "aab"),
        ("zones", "us-east-1a"),
        ("schedule", "hourly"),
        ("schedule", None),
        ("schedule", "rate(1)"),
        ("schedule", "cron(0 2 * *)"),
        ("maintenance_schedule", "cron(0 2 * * * *)"),
        ("alarm_email", "someone"),
        ("redshift_rpu", 128),
        ("redshift_rpu", True),
        ("redshift_rpu_hours", 0),
        ("log_retention_days", 15),
        ("workers", 1),
        ("workers", 2.5),
        ("duckdb_memory_mib", 512),
        ("duckdb_storage_mib", 10_241),
        ("duckdb_batch_mib", -1),
        ("duckdb_batch_rows", True),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_right(key: str, value: object) -> None:
    problems = _refused({"dev": {**SWITCHES, key: value}})
    assert "expected" in problems[f"stages.dev.{key}"]
    assert repr(value) in problems[f"stages.dev.{key}"]


@pytest.mark.parametrize("name", ["Dev", "dev-1", "", "averylongname"])
def test_a_name_that_could_not_stand_in_every_resource_is_refused(name: str) -> None:
    assert f"stages.{name}" in _refused({name: SWITCHES, "dev": SWITCHES})


@pytest.mark.parametrize("stages", [None, {}, [], "dev"])
def test_stages_must_be_there(stages: object) -> None:
    with pytest.raises(InvalidConfiguration, match=r"context\.stages"):
        load_stage({"stages": stages}, root=ROOT)


def test_a_problem_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(
        '{"context": {\n "stages": {\n  "prod": {\n   "workers": 2\n  },\n'
        '  "dev": {\n   "workers": 1\n  }\n }\n}}\n'
    )
    with pytest.raises(InvalidConfiguration) as caught:
        load_stage({"stages": {"dev": {**SWITCHES, "workers": 1}}}, root=tmp_path)
    assert [problem.line for problem in caught.value.problems] == [7]


def test_what_a_stage_lacks_is_told_where_the_stage_begins(tmp_path: Path) -> None:
    """Not where the next stage has it."""
    (tmp_path / "cdk.json").write_text(
        '{"context": {\n "stages": {\n  "dev": {\n   "private": false\n  },\n'
        '  "prod": {\n   "workers": 2\n  }\n }\n}}\n'
    )
    lacking = {name: value for name, value in SWITCHES.items() if name != "workers"}
    with pytest.raises(InvalidConfiguration) as caught:
        load_stage({"stages": {"dev": lacking}}, root=tmp_path)
    assert [(problem.line, problem.found) for problem in caught.value.problems] == [(3, "nothing")]


@pytest.mark.parametrize("schedule", ["rate(1 hour)", "rate(15 minutes)", "cron(0 2 ? * MON *)"])
def test_a_schedule_is_a_rate_or_six_fields(schedule: str) -> None:
    assert _load({"dev": {**SWITCHES, "schedule": schedule}}).schedule == schedule


@pytest.mark.parametrize(
    ("erasable", "allow_erase", "policy"),
    [
        (True, "true", RemovalPolicy.DESTROY),
        (True, None, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
        (True, "false", RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
        (False, "true", RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
        (False, None, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
    ],
)
def test_deleting_data_takes_two_switches(
    erasable: bool, allow_erase: str | None, policy: RemovalPolicy
) -> None:
    stage = _load({"dev": {**SWITCHES, "erasable": erasable}}, allow_erase=allow_erase)
    assert stage.data_removal is policy


def test_a_flag_that_is_neither_true_nor_false_is_refused() -> None:
    assert "allow_erase" in _refused(allow_erase="yes please")
