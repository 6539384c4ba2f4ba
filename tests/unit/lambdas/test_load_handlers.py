"""The load functions as the state machine calls them, one answer the next one's event."""

from __future__ import annotations

import json

import pytest

from dataplatform.adapters.warehouse import Status
from dataplatform.ledger import Ledger
from dataplatform.settings import WarehouseSettings
from lambdas import loads
from lambdas.confirm_load import handler as confirming
from lambdas.load_warehouse import handler as loading
from lambdas.loads import Loader
from lambdas.plan_loads import handler as planning
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.ledgers import TABLE, built
from tests.unit.support.loads import MODEL, FailingWarehouse, plan_with


@pytest.fixture(autouse=True)
def deployed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = WarehouseSettings(
        stage="dev",
        ledger_table=TABLE,
        plans_uri="s3://plans/plan.json",
        gold_bucket="gold",
        workgroup="weir-dev-warehouse",
        warehouse_role_arn="arn:aws:iam::123456789012:role/copy",
    )
    deploy(monkeypatch, plan_with(), settings)
    loads.loader.cache_clear()
    ledger.open_run("r1", "execution", "{}")
    built(ledger, MODEL, "r1", inserted=2, rows=2)


def test_settings_say_which_warehouse_and_which_role() -> None:
    loader = loads.loader()
    assert loader.role_arn == "arn:aws:iam::123456789012:role/copy"
    assert loader.plan == plan_with()
    assert loads.loader() is loader, "once a process"


def test_answers_travel_through_the_state_machine_as_json(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, finished = Status(state="STARTED"), Status(state="FINISHED", rows=2)
    warehouse = FailingWarehouse(running, finished)
    loader = Loader(ledger, plan_with(), warehouse, "role")  # type: ignore[arg-type]
    for module in (loading, confirming):
        monkeypatch.setattr(module, "loader", lambda: loader)
    planned = planning.handler({"run_id": "r1"}, Context())
    (item,) = planned["loads"]
    event = loading.handler(item, Context())
    looks = []
    while not event["done"]:
        event = confirming.handler(json.loads(json.dumps(event)), Context())
        looks.append(event["done"])
    assert looks == [False, True]
    assert planning.handler({"run_id": "r1"}, Context())["loads"] == []
    assert [s.state for s in ledger.steps("r1") if s.name == "warehouse"] == ["started", "done"]
