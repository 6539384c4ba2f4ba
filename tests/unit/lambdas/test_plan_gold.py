from __future__ import annotations

from dataplatform.ledger import Ledger
from dataplatform.naming import GOLD_MODELS
from dataplatform.plans.model import GoldModel
from lambdas.plan_gold.logic import plan_gold
from tests.unit.lambdas.conftest import published
from tests.unit.support import ledgers
from tests.unit.support.plans import dataset, model, platform


def due(ledger: Ledger, *models: GoldModel) -> bool:
    if ledger.run_of_execution("arn:now") is None:
        ledger.open_run("now", "arn:now", "{}")
    plan = platform((dataset("sales"), dataset("stores")), models)
    return bool(plan_gold(ledger, plan, "now")["gold_due"])


def built(ledger: Ledger, name: str, snapshot: int = 1, **sequences: int) -> None:
    at = {key.replace("gold_", "gold."): value for key, value in sequences.items()}
    ledgers.built(ledger, name, f"r{snapshot}", snapshot=snapshot, sequences=at, export_uri="")


def test_a_model_without_published_data_waits(ledger: Ledger) -> None:
    assert not due(ledger, model("fact", "sales"))
    assert ledger.steps("now")[-1].state == "skipped"


def test_a_model_is_due_when_one_of_its_datasets_has_moved(ledger: Ledger) -> None:
    published(ledger, "run", "sales")
    assert due(ledger, model("fact", "sales"))
    built(ledger, "fact", sales=1)
    assert not due(ledger, model("fact", "sales", "stores"))
    published(ledger, "run", "stores")
    assert due(ledger, model("fact", "sales", "stores"))


def test_a_changed_model_is_due(ledger: Ledger) -> None:
    published(ledger, "run", "sales")
    built(ledger, "fact", sales=1)
    assert due(ledger, model("fact", "sales", digest="another"))


def test_a_model_of_models_is_due_when_they_were_built_and_it_was_not(ledger: Ledger) -> None:
    published(ledger, "run", "sales")
    built(ledger, "fact", snapshot=7, sales=1)
    agg = model("agg", models=("fact",))
    assert due(ledger, model("fact", "sales"), agg)
    built(ledger, "agg", gold_fact=7)
    assert not due(ledger, model("fact", "sales"), agg)
    built(ledger, "fact", snapshot=8, sales=1)
    assert due(ledger, model("fact", "sales"), agg)


def test_a_run_by_spark_leaves_gold_to_spark_and_says_so(ledger: Ledger) -> None:
    published(ledger, "run", "sales")
    ledger.open_run("now", "arn:now", '{"engine": "spark"}')
    plan = platform((dataset("sales"),), (model("fact", "sales"),))
    assert plan_gold(ledger, plan, "now") == {"run_id": "now", "gold_due": True, "spark": True}
    assert str(ledger.engine("now", GOLD_MODELS)) == "spark · asked for by the run"
