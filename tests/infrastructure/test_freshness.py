"""What a contract promises of its data's age is watched by what outlives the pipeline."""

from __future__ import annotations

import re

import pytest

from dataplatform.contracts.loader import load
from dataplatform.metrics import DATA_AGE
from stacks.assets import ROOT
from tests.infrastructure.assembly import Assembly, Resource, listed


def ages(assembly: Assembly) -> dict[str, Resource]:
    """Alarms on the age of data, by dataset."""
    return {
        alarm.properties["Dimensions"][0]["Value"]: alarm
        for alarm in assembly.resources("AWS::CloudWatch::Alarm")
        if alarm.properties.get("MetricName") == DATA_AGE
    }


@pytest.fixture(scope="module")
def alarms(prod: Assembly) -> list[Resource]:
    """All of them, of which there is at least one."""
    found = list(ages(prod).values())
    assert found
    return found


@pytest.fixture(scope="module")
def promised() -> dict[str, int]:
    """Seconds that contracts promise, by dataset."""
    return {
        contract.dataset: level.minutes * 60
        for contract in load(ROOT)
        for level in contract.service_levels
        if level.name == "freshness" and level.minutes is not None
    }


def test_each_promise_of_freshness_has_an_alarm_at_its_own_age(
    prod: Assembly, promised: dict[str, int]
) -> None:
    assert promised
    assert {name: alarm.properties["Threshold"] for name, alarm in ages(prod).items()} == promised


def test_silence_alarms_too(alarms: list[Resource]) -> None:
    for alarm in alarms:
        assert alarm.properties["TreatMissingData"] == "breaching", alarm


def test_ages_are_measured_as_often_as_alarms_look_whatever_the_pipeline_does(
    prod: Assembly, alarms: list[Resource]
) -> None:
    schedule = prod.one("AWS::Scheduler::Schedule", Name="weir-prod-freshness")
    assert schedule.properties["ScheduleExpression"] == "rate(15 minutes)"
    for alarm in alarms:
        assert alarm.properties["Period"] == 15 * 60
        assert alarm.properties["EvaluationPeriods"] == 2, "one measurement may be late"


def test_who_measures_changes_nothing(stage: Assembly) -> None:
    statements = stage.policies_of("MeasureFreshness")
    actions = {action for s in statements for action in listed(s["Action"])}
    assert "dynamodb:Query" in actions
    written = {a for a in actions if a.startswith(("dynamodb:", "s3:"))}
    assert not [a for a in written if re.search("Put|Update|Delete|Write", a)]


def test_a_stage_without_a_schedule_promises_nothing(dev: Assembly) -> None:
    assert ages(dev) == {}
    assert not dev.resources("AWS::Scheduler::Schedule")
