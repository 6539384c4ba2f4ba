"""A function that gave up or died leaves its leases and its dataset to Spark, and nothing else."""

from __future__ import annotations

import json

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, JobRun
from dataplatform.ledger.records import table_lease
from dataplatform.naming import GOLD_MODELS
from dataplatform.plans.model import PlatformPlan
from lambdas.failures import reason
from lambdas.hand_to_spark.logic import hand_batch_to_spark, hand_to_spark
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, model, platform

PLAN: PlatformPlan = platform(
    (dataset("sales"), dataset("stores")), (model("fact", "sales"), model("dim", "stores"))
)
KILLED = {"Error": "Runtime.ExitError", "Cause": ""}


@pytest.fixture(autouse=True)
def run(ledger: Ledger) -> None:
    ledger.open_run("now", "arn:now", "{}")


def take(ledger: Ledger, table: str, owner: object) -> None:
    ledger.acquire_lease(table_lease(table), str(owner), 900)


def holders(ledger: Ledger, *tables: str) -> list[str]:
    held = (ledger.lease_holder(table_lease(table)) for table in tables)
    return [lease.owner if lease else "" for lease in held]


def test_what_the_dead_call_held_is_free_and_the_dataset_is_sparks(ledger: Ledger) -> None:
    dead = Call("now", "sales", "r-1")
    for table in ("silver.sales", "quarantine.records"):
        take(ledger, table, dead)
    for _ in range(2):
        hand_to_spark(ledger, PLAN, "now", "sales", {"Error": "Sandbox.Timedout", "Cause": "…"})
    assert holders(ledger, "silver.sales", "quarantine.records") == ["", ""]
    assert str(ledger.engine("now", "sales")) == "spark · out of time"


@pytest.mark.parametrize(
    "other",
    [Call("now", "stores", "r-2"), Call("before", "sales", "r-3"), JobRun("silver", "jr_1"), "x"],
)
def test_what_somebody_else_holds_stays_held(ledger: Ledger, other: object) -> None:
    take(ledger, "silver.sales", Call("now", "sales", "r-1"))
    take(ledger, "quarantine.records", other)
    hand_to_spark(ledger, PLAN, "now", "sales", KILLED)
    assert holders(ledger, "silver.sales", "quarantine.records") == ["", str(other)]


def test_gold_gives_back_every_model_that_its_call_held(ledger: Ledger) -> None:
    take(ledger, "gold.dim", Call("now", GOLD_MODELS, "r-1"))
    take(ledger, "silver.sales", Call("now", "sales", "r-2"))
    hand_to_spark(ledger, PLAN, "now", GOLD_MODELS, KILLED)
    assert holders(ledger, "gold.dim") == [""]
    assert holders(ledger, "silver.sales") == ["call/now/sales/r-2"]


@pytest.mark.parametrize(
    ("name", "cause", "said"),
    [
        ("TooLarge", "2.1 GB of files are touched\n  why", "TooLarge: 2.1 GB of files are touched"),
        ("Runtime.OutOfMemory", "used 3100 MB", "out of memory"),
        ("Lambda.Unknown", "Task timed out after 900.00 seconds", "out of time"),
        ("Lambda.Unknown", "signal: killed", "out of memory or time"),
        ("States.Timeout", "", "out of time"),
        ("SomethingNew", "", "SomethingNew"),
    ],
)
def test_the_books_say_why_in_a_line(name: str, cause: str, said: str) -> None:
    as_lambda = json.dumps({"errorType": name, "errorMessage": cause}) if cause else ""
    assert reason({"Error": name, "Cause": as_lambda}) == said
    assert reason({"Error": name, "Cause": cause}) == said


def test_a_batch_that_outgrew_its_function_is_sparks_and_the_run_says_why(ledger: Ledger) -> None:
    ledger.register_object(landed("a", dataset="stores"))
    batch = ledger.open_batch("now", "stores", ledger.due_objects("stores"))
    for _ in range(2):
        handed = hand_batch_to_spark(ledger, "now", batch.batch_id, KILLED)
    assert handed["reason"].startswith("killed")
    assert ledger.batch(batch.batch_id).waits_for_spark
    step = ledger.steps("now")[-1]
    assert (step.name, step.dataset, step.state) == ("stage", "stores", "skipped")
    assert step.detail == f"{batch.batch_id} · left to Spark: {handed['reason']}"
    assert ledger.books("now")[0].spark_stages == handed["reason"]


def test_a_batch_that_is_staged_after_all_stays_staged(ledger: Ledger) -> None:
    ledger.register_object(landed("a", dataset="stores"))
    batch = ledger.open_batch("now", "stores", ledger.due_objects("stores"))
    ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
    hand_batch_to_spark(ledger, "now", batch.batch_id, KILLED)
    assert ledger.batch(batch.batch_id).spark_stages == ""
