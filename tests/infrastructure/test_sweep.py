"""Landing is held against the ledger where a stage has a schedule, by one who reads no object."""

from __future__ import annotations

from tests.infrastructure.assembly import Assembly, listed


def test_landing_is_swept_daily_where_the_stage_has_a_schedule(
    dev: Assembly, prod: Assembly
) -> None:
    schedule = prod.one("AWS::Scheduler::Schedule", Name="weir-prod-sweep")
    assert schedule.properties["ScheduleExpression"] == "rate(1 day)"
    assert "SweepLanding" in str(schedule.properties["Target"]["Arn"])
    dev.one("AWS::Lambda::Function", FunctionName="weir-dev-sweep-landing")


def test_the_sweep_sees_names_and_versions_but_no_object(stage: Assembly) -> None:
    statements = stage.policies_of("SweepLanding")
    actions = {action for s in statements for action in listed(s["Action"])}
    assert "s3:ListBucketVersions" in actions
    (lists,) = [s for s in statements if "s3:ListBucketVersions" in listed(s["Action"])]
    (bucket,) = listed(lists["Resource"])
    assert "Landing" in str(bucket) and "*" not in str(bucket)
    objects = [
        s for s in statements if any(a.startswith("s3:GetObject") for a in listed(s["Action"]))
    ]
    assert all("Landing" not in str(s["Resource"]) for s in objects)
