"""What a contract promises of its data's age is watched by what outlives the pipeline."""

from __future__ import annotations

import re

import pytest

from dataplatform.contracts.loader import load
from dataplatform.contracts.model import Contract
from dataplatform.metrics import DATA_AGE, DATA_WAIT
from stacks.assets import ROOT
from tests.infrastructure.assembly import Assembly, Resource, listed


def ages(assembly: Assembly, metric: str = DATA_AGE) -> dict[str, Resource]:
    """Alarms on the age of data, or on another figure of the meter, by dataset."""
    return {
        alarm.properties["Dimensions"][0]["Value"]: alarm
        for alarm in assembly.resources("AWS::CloudWatch::Alarm")
        if alarm.properties.get("MetricName") == metric
    }


@pytest.fixture(scope="module")
def alarms(prod: Assembly) -> list[Resource]:
    """All of them, of which there is at least one."""
    found = [*ages(prod).values(), *ages(prod, DATA_WAIT).values()]
    assert found
    return found


@pytest.fixture(scope="module")
def contracts() -> tuple[Contract, ...]:
    """The project's."""
    return load(ROOT)


@pytest.mark.parametrize(("level", "metric"), [("freshness", DATA_AGE), ("latency", DATA_WAIT)])
def test_each_promise_has_an_alarm_at_its_own_figure(
    prod: Assembly, contracts: tuple[Contract, ...], level: str, metric: str
) -> None:
    promised = {
        contract.dataset: each.minutes * 60
        for contract in contracts
        for each in contract.service_levels
        if each.name == level and each.minutes is not None
    }
    found = ages(prod, metric)
    assert promised
    assert {name: alarm.properties["Threshold"] for name, alarm in found.items()} == promised


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
    assert ages(dev) == {} == ages(dev, DATA_WAIT)
    assert not dev.resources("AWS::Scheduler::Schedule")
