from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dataplatform.adapters.iceberg import open_table
from dataplatform.adapters.plans import load_plan
from dataplatform.plans.model import Column
from dataplatform.settings import MigrationSettings
from lambdas.migrate_schemas import handler as migrating
from lambdas.migrate_schemas.response import respond
from tests.unit.lambdas.conftest import Context
from tests.unit.support.lakes import COLUMNS, LAKE, Lake, lakes, plan_of, stores

REQUEST = {
    "RequestType": "Create",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Schemas",
    "ResourceProperties": {"PlanDigest": "one"},
}
MORE = (*COLUMNS, Column(name="florist", type="boolean"))


class Warehouse:
    """Counts what the warehouse is asked; a real one has tests of its own."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.broken = False

    def run(self, statements: Any, **_: Any) -> None:
        if self.broken:
            raise RuntimeError("the warehouse is paused")
        self.ran += statements

    def query(self, sql: str, *_: Any) -> list[dict[str, Any]]:
        names = (column.name for column in COLUMNS[:2])
        columns = [{"table_name": "dim_store", "column_name": name} for name in names]
        return columns if "svv_columns" in sql else []


@pytest.fixture
def lake(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    with lakes() as lake:
        lake.s3.create_bucket(Bucket="plans")
        settings = MigrationSettings(
            **{name: getattr(LAKE, name) for name in LAKE.__dataclass_fields__},
            workgroup="warehouse",
            warehouse_role_arn="arn:copy",
            admin_secret_arn="arn:secret",
            loader_role_name="loader",
        )
        for name, value in settings.to_environment().items():
            monkeypatch.setenv(name, value)
        deploy(lake)
        yield lake


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    warehouse = Warehouse()
    monkeypatch.setattr(migrating, "Warehouse", lambda *_, **__: warehouse)
    return warehouse


def deploy(lake: Lake, digest: str = "one", columns: tuple[Column, ...] = COLUMNS) -> None:
    plan = plan_of(stores(columns=columns), digest=digest)
    lake.s3.put_object(Bucket="plans", Key="plan.json", Body=plan.to_json())
    load_plan.cache_clear()


def asked(kind: str = "Create", **more: Any) -> dict[str, Any]:
    return migrating.on_event({**REQUEST, "RequestType": kind, **more}, Context())


def test_tables_follow_the_deployed_plan(lake: Lake, warehouse: Warehouse) -> None:
    answer = asked()
    assert answer["PhysicalResourceId"] == "weir-dev-schemas"
    assert answer["Data"]["Changes"] == answer["Data"]["Tables"] == "5"
    assert "weir_dev_gold.dim_store create s3://gold/dim_store" in answer["Data"]["Changed"]
    assert warehouse.ran, "the warehouse was migrated too"
    deploy(lake, "two", MORE)
    answer = asked("Update")
    assert answer["Data"]["Changed"] == (
        "weir_dev_bronze.stores add florist string; weir_dev_silver.stores add florist boolean"
    )
    assert answer["PhysicalResourceId"] == "weir-dev-schemas"
    assert asked("Update")["Data"]["Changes"] == "0"


def test_a_delete_keeps_everything(lake: Lake, warehouse: Warehouse) -> None:
    asked()
    before = open_table("weir_dev_silver.stores").metadata_location
    assert asked("Delete") == {"PhysicalResourceId": "weir-dev-schemas", "Data": {}}
    assert open_table("weir_dev_silver.stores").metadata_location == before


def test_a_rollback_to_a_plan_that_was_in_force_is_never_refused(
    lake: Lake, warehouse: Warehouse
) -> None:
    asked()
    deploy(lake, "two", MORE)
    asked("Update")
    deploy(lake, "one", COLUMNS)
    assert asked("Update")["Data"]["Changes"] == "0"


def test_a_migration_that_the_warehouse_stopped_goes_on_when_tried_again(
    lake: Lake, warehouse: Warehouse
) -> None:
    warehouse.broken = True
    with pytest.raises(RuntimeError):
        asked()
    warehouse.broken = False
    assert asked()["Data"]["Changes"] == "0"
    assert warehouse.ran


def test_an_answer_of_many_changes_stays_small(
    lake: Lake, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(Column(name=f"column_{number}", type="string") for number in range(200))
    asked()
    deploy(lake, "two", (*COLUMNS, *many))
    data = asked("Update")["Data"]
    assert data["Changes"] == "400"
    assert len(json.dumps(data)) < 2000


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where CloudFormation waits for answers."""
    answers: list[dict[str, Any]] = []

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.append(
                {**json.loads(body), "type": self.headers["Content-Type"], "size": len(body)}
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """No line for each request."""

    server = HTTPServer(("127.0.0.1", 0), Waiting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer", answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_cloudformation_is_answered_directly(
    lake: Lake, warehouse: Warehouse, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    migrating.handler({**REQUEST, "ResponseURL": url}, Context())
    (answer,) = answers
    assert answer["Status"] == "SUCCESS"
    assert (answer["StackId"], answer["RequestId"]) == ("stack", "request")
    assert answer["LogicalResourceId"] == "Schemas"
    assert answer["Data"]["PlanDigest"] == "one"
    assert answer["type"] == "", "the URL is signed without a content type"


def test_a_refused_change_fails_the_deployment_with_its_reason(
    lake: Lake, warehouse: Warehouse, cloudformation: tuple[str, list[dict[str, Any]]]
) -> None:
    url, answers = cloudformation
    asked()
    deploy(lake, "two", COLUMNS[:1])
    request = {**REQUEST, "RequestType": "Update", "PhysicalResourceId": "weir-dev-schemas"}
    migrating.handler({**request, "ResponseURL": url}, Context())
    (answer,) = answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "weir-dev-schemas")
    assert "InvalidContract: contract stores  city: the column is gone" in answer["Reason"]
    assert "city" in open_table("weir_dev_silver.stores").schema().column_names


def test_a_long_reason_is_cut_to_what_cloudformation_takes(
    cloudformation: tuple[str, list[dict[str, Any]]],
) -> None:
    url, answers = cloudformation
    respond({**REQUEST, "ResponseURL": url}, physical_id="p", error='é"\n' * 10_000)
    assert answers[0]["Reason"].startswith('é"\né')
    assert answers[0]["size"] < 4096
