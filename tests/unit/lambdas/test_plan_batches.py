from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dataplatform.errors import LeaseHeld, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE
from dataplatform.plans.model import PlatformPlan
from lambdas.plan_batches import logic
from lambdas.plan_batches.arrivals import Arrivals
from lambdas.plan_batches.logic import MAX_BYTES, MAX_OBJECTS, grouped
from tests.unit.lambdas.conftest import published, staged
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

PLAN = platform(
    (
        dataset("sales", "api"),
        dataset("products"),
        dataset("stores"),
        dataset("events", "kinesis"),
    )
)


def plan_batches(
    ledger: Ledger, plan: PlatformPlan, run_id: str, function_bytes: int = 10**10
) -> dict[str, Any]:
    arrivals = Arrivals(
        ledger=ledger,
        run_id=run_id,
        look=lambda landed: None,
        time_is_up=lambda: False,
        tell=lambda dataset: None,
    )
    return logic.plan_batches(
        ledger, plan, run_id, function_bytes=function_bytes, arrivals=arrivals
    )


def run(ledger: Ledger, run_id: str = "run", given: str = "{}") -> str:
    ledger.open_run(run_id, f"arn:{run_id}", given)
    return run_id


def test_what_is_due_becomes_a_batch_a_dataset(ledger: Ledger) -> None:
    for name in ("products", "stores"):
        ledger.register_object(landed("a", dataset=name))
        ledger.register_object(landed("b", dataset=name))
    answer = plan_batches(ledger, PLAN, run(ledger))
    assert answer["has_batches"]
    batches = [ledger.batch(item["batch_id"]) for item in answer["batches"]]
    assert [(b.dataset, b.objects) for b in batches] == [("products", 2), ("stores", 2)]
    assert {item["run_id"] for item in answer["batches"]} == {"run"}
    assert ledger.steps("run")[-1].counts["objects"] == 4


def test_the_largest_batch_is_staged_first(ledger: Ledger) -> None:
    ledger.register_object(landed("a", dataset="products", size=10))
    ledger.register_object(landed("a", dataset="stores", size=900))
    answer = plan_batches(ledger, PLAN, run(ledger))
    batches = [ledger.batch(item["batch_id"]) for item in answer["batches"]]
    assert [batch.dataset for batch in batches] == ["stores", "products"]


def test_what_is_left_due_behind_an_object_that_waits_is_counted(ledger: Ledger) -> None:
    in_order = replace(dataset("products"), ordering="")
    plan = replace(PLAN, datasets=(in_order,))
    first = landed("a", at="2026-11-21T09:00:00Z")
    for each in (first, landed("b", at="2026-11-21T09:01:00Z")):
        ledger.register_object(each)
    ledger.hold_back(first, digest=in_order.digest, why="no id", run_id="before")
    assert not plan_batches(ledger, plan, run(ledger))["has_batches"]
    counts = ledger.steps("run")[-1].counts
    assert (counts["waiting"], counts["behind"]) == (1, 1)


def test_nothing_due_plans_nothing(ledger: Ledger) -> None:
    answer = plan_batches(ledger, PLAN, run(ledger))
    assert answer == {"run_id": "run", "batches": [], "has_batches": False}


def test_a_retry_gives_the_same_batches(ledger: Ledger) -> None:
    ledger.register_object(landed("a"))
    first = plan_batches(ledger, PLAN, run(ledger))
    assert plan_batches(ledger, PLAN, "run") == first


def test_batches_of_a_dead_run_are_taken_up_where_they_were(ledger: Ledger) -> None:
    done = staged(ledger, "dead", "stores")
    ledger.register_object(landed("a"))
    left = ledger.open_batch("dead", "products", ledger.due_objects("products"))
    answer = plan_batches(ledger, PLAN, run(ledger))
    assert [item["batch_id"] for item in answer["batches"]] == [left.batch_id]
    assert {b.batch_id for b in ledger.run_batches("run")} == {left.batch_id, done.batch_id}


def test_a_run_left_with_staged_batches_alone_still_has_batches(ledger: Ledger) -> None:
    staged(ledger, "dead", "stores")
    answer = plan_batches(ledger, PLAN, run(ledger))
    assert (answer["batches"], answer["has_batches"]) == ([], True)


def test_a_narrowed_run_leaves_the_rest_due(ledger: Ledger) -> None:
    for time in ("2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z"):
        ledger.register_object(landed(time, at=time))
    ledger.register_object(landed("s", dataset="stores"))
    left = staged(ledger, "dead", "stores")
    given = (
        '{"datasets": ["products"], "from": "2026-11-21T00:00:00Z", "to": "2026-11-21T01:00:00Z"}'
    )
    answer = plan_batches(ledger, PLAN, run(ledger, given=given))
    (item,) = answer["batches"]
    (only,) = ledger.batch_objects(item["batch_id"])
    assert only.arrived_at == "2026-11-21T00:00:00Z"
    assert len(ledger.due_objects("products")) == 2
    assert ledger.batch(left.batch_id).run_id == "dead"


def test_what_a_narrowed_pull_has_landed_is_batched_whenever_it_arrived(ledger: Ledger) -> None:
    pulled = landed("api/x.jsonl.gz", dataset="sales", at="2026-11-21T10:00:00Z")
    by_hand = landed("fix.jsonl", dataset="sales", at="2026-11-21T10:00:00Z")
    ledger.register_object(pulled)
    ledger.register_object(by_hand)
    answer = plan_batches(ledger, PLAN, run(ledger, given='{"to": "1998-01-01T00:00:00Z"}'))
    (item,) = answer["batches"]
    assert ledger.batch_objects(item["batch_id"]) == [pulled]


def test_a_replay_takes_what_waits_in_quarantine_and_leaves_what_is_due(ledger: Ledger) -> None:
    bad, other = (published(ledger, f"old-{n}", "stores", bad=2) for n in range(2))
    published(ledger, "old-2", "stores", bad=0)
    ledger.register_object(landed("due", dataset="stores"))
    given = '{"datasets": ["stores"], "replay": {"dataset": "stores", "batches": ["%s"]}}'
    answer = plan_batches(ledger, PLAN, run(ledger, given=given % bad.batch_id))
    (item,) = answer["batches"]
    assert ledger.batch(item["batch_id"]).origin == bad.batch_id
    assert plan_batches(ledger, PLAN, "run") == answer, "a retry"
    ledger.release_lease(PIPELINE_LEASE, "run")
    everything = '{"replay": {"dataset": "stores"}}'
    answer = plan_batches(ledger, PLAN, run(ledger, "next", given=everything))
    origins = {ledger.batch(item["batch_id"]).origin for item in answer["batches"]}
    assert origins == {bad.batch_id, other.batch_id}, "the first run's replay is taken up"
    assert len(ledger.due_objects("stores")) == 1


def test_objects_that_came_before_their_contract_are_claimed_once_it_is_there(
    ledger: Ledger,
) -> None:
    ledger.register_object(landed("a", dataset="", folder="stores"))
    ledger.register_object(landed("a", dataset="", folder="unknown"))
    ledger.register_object(landed("a", dataset="", folder="events-rejected"))
    answer = plan_batches(ledger, PLAN, run(ledger))
    claimed = {ledger.batch(item["batch_id"]).dataset for item in answer["batches"]}
    assert claimed == {"stores", "events"}
    assert [o.key for o in ledger.unclaimed_objects()] == ["unknown/a"]


def test_a_run_that_lost_the_pipeline_plans_nothing(ledger: Ledger) -> None:
    ledger.register_object(landed("a"))
    run(ledger)
    ledger.acquire_lease(PIPELINE_LEASE, "other", 60)
    with pytest.raises(LeaseHeld):
        plan_batches(ledger, PLAN, "run")
    assert len(ledger.due_objects("products")) == 1


def test_a_straggler_of_a_run_that_succeeded_does_not_take_the_lease(ledger: Ledger) -> None:
    run(ledger)
    ledger.close_run("run", "succeeded")
    with pytest.raises(TransitionRefused):
        plan_batches(ledger, PLAN, "run")
    assert ledger.lease_holder(PIPELINE_LEASE) is None


def test_batches_are_bounded_by_objects_and_by_bytes() -> None:
    small = [landed(str(n), size=1) for n in range(MAX_OBJECTS + 1)]
    assert [len(group) for group in grouped(small)] == [MAX_OBJECTS, 1]
    large = [landed(str(n), size=MAX_BYTES // 2) for n in range(3)]
    assert [len(group) for group in grouped(large)] == [2, 1]
    huge = [landed("a", size=1), landed("b", size=MAX_BYTES * 2), landed("c", size=1)]
    assert [len(group) for group in grouped(huge)] == [1, 1, 1]
    assert list(grouped([])) == []


def test_what_outgrows_a_function_is_left_to_spark_and_the_books_say_why(ledger: Ledger) -> None:
    for name, size in (("a.csv", 2001), ("b.csv", 2000), ("c.csv.gz", 201), ("d.CSV.GZ", 200)):
        ledger.register_object(landed(name, dataset="products", size=size))
        batch = ledger.open_batch("dead", "products", ledger.due_objects("products"))
        ledger.adopt_batch(batch.batch_id, run(ledger, "run") if name == "a.csv" else "run")
    answer = plan_batches(ledger, PLAN, "run", function_bytes=2000)
    reasons = {b.bytes: b.spark_stages for b in ledger.run_batches("run")}
    assert reasons == {
        2001: "2.0 kB of text, over 2.0 kB",
        2000: "",
        201: "2.0 kB of text, over 2.0 kB",
        200: "",
    }
    assert [ledger.batch(item["batch_id"]).bytes for item in answer["batches"]] == [2000, 200]
    assert answer["has_batches"]
    assert ledger.steps("run")[-1].counts["for_spark"] == 2


def test_a_batch_that_was_left_to_spark_stays_so_in_a_later_run(ledger: Ledger) -> None:
    ledger.register_object(landed("a"))
    batch = ledger.open_batch("dead", "products", ledger.due_objects("products"))
    ledger.leave_batch_to_spark(batch.batch_id, "dead", "out of time")
    answer = plan_batches(ledger, PLAN, run(ledger))
    assert (answer["batches"], answer["has_batches"]) == ([], True)
    assert ledger.batch(batch.batch_id).waits_for_spark
