"""Drift is looked for at arrival and, where a stage has a schedule, before it arrives."""

from __future__ import annotations

from tests.infrastructure.assembly import Assembly, listed


def test_sources_are_probed_on_a_schedule_where_the_stage_has_one(
    dev: Assembly, prod: Assembly
) -> None:
    schedule = prod.one("AWS::Scheduler::Schedule", Name="weir-prod-probe")
    assert schedule.properties["ScheduleExpression"] == "rate(1 hour)"
    assert "ProbeSources" in str(schedule.properties["Target"]["Arn"])
    assert not dev.resources("AWS::Scheduler::Schedule")
    dev.one("AWS::Lambda::Function", FunctionName="weir-dev-probe-sources")


def test_who_looks_for_drift_writes_no_object_and_tells_one_topic(stage: Assembly) -> None:
    for role in ("PlanBatches", "ProbeSources"):
        statements = stage.policies_of(role)
        actions = {action for s in statements for action in listed(s["Action"])}
        assert not {action for action in actions if action.startswith(("s3:Put", "s3:Delete"))}
        (tells,) = [s for s in statements if "sns:Publish" in listed(s["Action"])]
        (topic,) = listed(tells["Resource"])
        assert "*" not in str(topic)
        assert "-alerts" in str(topic)
    reads = {a for s in stage.policies_of("PlanBatches") for a in listed(s["Action"])}
    assert "s3:GetObject*" in reads
