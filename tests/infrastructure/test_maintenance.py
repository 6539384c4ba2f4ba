"""The maintenance: off unless scheduled, patient, and with no more rights than its work takes."""

from __future__ import annotations

from tests.infrastructure.assembly import Assembly, listed

MACHINE = "maintenance"


def schedules(assembly: Assembly) -> list[str]:
    found = assembly.resources("AWS::Scheduler::Schedule")
    return [each.properties["Name"] for each in found]


def test_tables_are_looked_after_by_schedule_only_where_the_stage_has_one(
    dev: Assembly, prod: Assembly
) -> None:
    assert "weir-dev-maintenance" not in schedules(dev)
    assert "weir-prod-maintenance" in schedules(prod)


def test_a_function_that_dies_with_a_table_leaves_the_others_to_be_done(dev: Assembly) -> None:
    states = dict(dev.states(MACHINE))
    caught = {error for catch in states["MaintainTable"]["Catch"] for error in catch["ErrorEquals"]}
    assert caught == {"States.ALL"}
    assert [name for name, state in states.items() if "Catch" in state] == ["MaintainTable"]


def test_spark_starts_only_where_a_table_is_left_to_it(dev: Assembly) -> None:
    choice = dict(dev.states(MACHINE))["LeftToSpark"]
    assert choice["Default"] == "CloseMaintenance"
    assert [each["Next"] for each in choice["Choices"]] == ["MaintainLargeTables"]


def test_every_task_has_a_timeout_and_bounded_retries(dev: Assembly) -> None:
    tasks = {n: s for n, s in dev.states(MACHINE) if s["Type"] == "Task"}
    assert len(tasks) == 5
    for name, state in tasks.items():
        assert "TimeoutSeconds" in state or "Timeout" in state["Parameters"], name
        for retry in state["Retry"]:
            assert retry["JitterStrategy"] == "FULL" and 0 < retry["MaxAttempts"] <= 40, name


def test_what_looks_after_tables_reads_and_writes_no_landed_object(dev: Assembly) -> None:
    for role in ("MaintainTableRole", "MaintainRole"):
        actions = {
            action
            for statement in dev.policies_of(role)
            if "Landing" in str(statement["Resource"])
            for action in listed(statement["Action"])
        }
        assert actions == set(), role
        given = {a for s in dev.policies_of(role) for a in listed(s["Action"])}
        assert {"s3:DeleteObject", "glue:UpdateTable"} <= given, role
