"""Which models a function builds, which it leaves to Spark, and what the books say of that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from dataplatform.errors import AuditFailed, LeaseHeld
from dataplatform.gold.builder import GoldBuilder
from dataplatform.ledger.engines import model_subject
from dataplatform.ledger.holders import Call, JobRun
from dataplatform.ledger.records import PIPELINE_LEASE, table_lease
from dataplatform.naming import GOLD_MODELS
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import DuckdbSettings
from lambdas.build_gold.handler import handler
from lambdas.build_gold.logic import Limits
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.golds import FACT, MODELS, GoldShop, gold_shops, plan_of
from tests.unit.support.lakes import LAKE


@pytest.fixture
def shop(aws: None, tmp_path: Path) -> Iterator[GoldShop]:
    with gold_shops(tmp_path) as shop:
        shop.publish("carts", {1: ("open", "1")})
        shop.publish("orders", {1: ("open", "1"), 2: ("closed", "2")})
        shop.run()
        yield shop


@pytest.fixture
def call(shop: GoldShop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the function for the current run, over a plan."""

    def called(plan: PlatformPlan | None = None) -> bool:
        settings = DuckdbSettings(**asdict(LAKE), memory_mib="1024", storage_mib="1024")
        deploy(monkeypatch, plan or shop.plan, settings)
        return bool(handler({"run_id": shop.run_id}, Context())["spark"])

    return called


def engines(shop: GoldShop) -> dict[str, str]:
    """What was chosen for each model, and why."""
    chosen = shop.ledger.engines(shop.run_id)
    subjects = {model_subject(model.name): model.name for model in shop.plan.models}
    return {subjects[subject]: str(choice) for subject, choice in chosen.items()}


def order_ids(shop: GoldShop) -> dict[str, list[int]]:
    return {model.name: [row[0] for row in shop.rows(model.name)] for model in shop.plan.models}


def asked(plan: PlatformPlan, name: str, engine: str) -> PlatformPlan:
    models = tuple(replace(m, engine=engine) if m.name == name else m for m in plan.models)
    return replace(plan, models=models)


def test_every_due_model_is_built_after_those_that_it_reads(shop: GoldShop, call: Any) -> None:
    assert not call()
    built = [(s.dataset, s.state) for s in shop.ledger.steps(shop.run_id) if s.name == "gold"]
    order = [name for name, state in built if state == "done"]
    assert sorted(order) == sorted(MODELS) and order[-1] == "totals"
    assert len(shop.rows("totals")) == 2
    assert {name: said.split(" · ")[0] for name, said in engines(shop).items()} == {
        name: "duckdb" for name in MODELS
    }


def test_what_is_up_to_date_is_neither_opened_nor_chosen_for(
    shop: GoldShop, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call()
    shop.run()
    monkeypatch.setattr(GoldBuilder, "build_due", _must_not)
    assert not call()
    assert engines(shop) == {}


def test_a_model_of_sparks_and_those_above_it_are_left_to_spark(shop: GoldShop, call: Any) -> None:
    assert call(asked(shop.plan, "fact", "spark"))
    assert shop.rows("dim") != [] and shop.rows("fact") == shop.rows("totals") == []
    assert engines(shop)["fact"] == "spark · asked for by the model"
    assert engines(shop)["totals"] == "spark · reads fact, which is left to Spark"


def test_a_run_that_asks_for_an_engine_is_given_it(shop: GoldShop, call: Any) -> None:
    if holder := shop.ledger.lease_holder(PIPELINE_LEASE):
        shop.ledger.release_lease(PIPELINE_LEASE, holder.owner)
    shop.run_id = "asks"
    shop.ledger.open_run("asks", "arn:asks", '{"engine": "duckdb"}')
    assert not call(asked(shop.plan, "fact", "spark"))
    assert engines(shop)["fact"] == "duckdb · asked for by the run"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(read=10, rows=10), r"spark · tables of \d+ B, over 10 B"),
        (Limits(read=1 << 40, rows=4), r"spark · tables of 5 rows, over 4"),
    ],
)
def test_tables_over_a_limit_are_left_to_spark_by_the_ledgers_figures(
    shop: GoldShop,
    call: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    limits: Limits,
    reason: str,
) -> None:
    whole = {**MODELS, "fact": MODELS["fact"].replace("-- incremental: orders\n", "")}
    shop.deploy(plan_of(tmp_path / "whole", whole))
    call()
    shop.publish("orders", {3: ("open", "1")})
    shop.run()
    monkeypatch.setattr(Limits, "of", lambda settings: limits)
    assert call()
    assert re.fullmatch(reason, engines(shop)["fact"])


def test_what_outgrows_the_function_is_left_to_spark_with_its_lease_free(
    shop: GoldShop, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "of", lambda settings: Limits(read=10, rows=10))
    assert call()
    assert engines(shop)["dim"].startswith("spark · TooLarge: more than 0 MiB to read")
    assert shop.ledger.lease_holder(table_lease(shop.plan.model("dim").table)) is None
    assert "failed" not in {step.state for step in shop.ledger.steps(shop.run_id)}
    # Tried again, as after a call that was lost: what was left stays left.
    monkeypatch.setattr(GoldBuilder, "build_due", _must_not)
    assert call()


def test_after_a_killed_call_was_handed_over_nothing_is_tried_again(
    shop: GoldShop, call: Any
) -> None:
    shop.ledger.leave_to_spark(shop.run_id, GOLD_MODELS, "out of memory")
    assert call()
    assert shop.rows("dim") == []


def test_what_is_published_while_models_are_built_is_left_to_the_next_run(
    shop: GoldShop, call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A backfill publishes beside runs; the second model finds the table as the first opened it."""
    shop.deploy(plan_of(tmp_path / "twins", {"one": FACT, "two": FACT}))
    build = GoldBuilder.build_due

    def building(builder: GoldBuilder, *given: Any) -> object:
        counts = build(builder, *given)
        if 3 not in shop.silver["orders"]:
            shop.publish("orders", {3: ("open", "3")})
        return counts

    monkeypatch.setattr(GoldBuilder, "build_due", building)
    call()
    assert order_ids(shop) == {"one": [1, 2], "two": [1, 2]}
    shop.run()
    call()
    assert order_ids(shop) == {"one": [1, 2, 3], "two": [1, 2, 3]}


def test_a_bad_model_fails_the_step(shop: GoldShop, call: Any, tmp_path: Path) -> None:
    twice = "-- key: state\nSELECT o.state FROM silver.orders AS o"
    shop.deploy(plan_of(tmp_path / "twice", {"twice": twice}))
    shop.publish("orders", {3: ("open", "1")})
    with pytest.raises(AuditFailed, match="2 rows share the key state='open'"):
        call()
    assert shop.ledger.steps(shop.run_id)[-1].state == "failed"


def test_a_lease_of_an_earlier_runs_call_is_taken_over_that_of_a_live_one_is_not(
    shop: GoldShop, call: Any
) -> None:
    name = table_lease(shop.plan.model("dim").table)
    shop.ledger.acquire_lease(name, str(Call("run-0", GOLD_MODELS, "gone")), 900)
    fact = table_lease(shop.plan.model("fact").table)
    shop.ledger.acquire_lease(fact, str(JobRun("weir-dev-gold", "jr_gone")), 900)
    totals = table_lease(shop.plan.model("totals").table)
    shop.ledger.acquire_lease(totals, str(Call(shop.run_id, GOLD_MODELS, "another")), 900)
    with pytest.raises(LeaseHeld):
        call()
    assert shop.rows("dim") != [] and shop.rows("fact") != []


def _must_not(*args: object) -> None:
    raise AssertionError("was built")
