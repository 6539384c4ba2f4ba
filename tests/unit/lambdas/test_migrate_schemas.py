from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dataplatform.adapters.iceberg.changes import Change
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.plans import load_plan
from dataplatform.plans.model import Column
from dataplatform.settings import MigrationSettings
from lambdas.migrate_schemas import handler as migrating
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
        kinds = {"store_id": "integer", "city": "character varying"}
        columns = [
            {
                "table_name": "dim_store",
                "column_name": name,
                "data_type": kind,
                "character_maximum_length": 65535,
            }
            for name, kind in kinds.items()
        ]
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
            catalog_id="123456789012",
            optimizer_role_arn="arn:optimizer",
        )
        for name, value in settings.to_environment().items():
            monkeypatch.setenv(name, value)
        deploy(lake)
        yield lake


@pytest.fixture(autouse=True)
def optimized(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The role of each table's compaction; the adapter has tests of its own."""
    roles: dict[str, str] = {}

    class Optimizers:
        def __init__(self, _: Any, catalog_id: str) -> None:
            assert catalog_id == "123456789012"

        def follow(self, tables: Sequence[str], role_arn: str) -> list[Change]:
            roles.update(dict.fromkeys(tables, role_arn))
            return []

    monkeypatch.setattr(migrating, "TableOptimizers", Optimizers)
    return roles


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    warehouse = Warehouse()
    monkeypatch.setattr(migrating, "Warehouse", lambda *_, **__: warehouse)
    return warehouse


def deploy(lake: Lake, digest: str = "one", columns: tuple[Column, ...] = COLUMNS) -> None:
    plan = plan_of(stores(columns=columns), digest=digest)
    lake.s3.put_object(Bucket="plans", Key="plan.json", Body=plan.to_json())
    load_plan.cache_clear()


@dataclass
class CloudFormation:
    """Asks the function, and waits for its answer at a signed address."""

    url: str
    answers: list[dict[str, Any]]

    def __call__(self, kind: str = "Create") -> dict[str, Any]:
        request = {**REQUEST, "RequestType": kind, "ResponseURL": self.url}
        if kind != "Create":
            request["PhysicalResourceId"] = "weir-dev-schemas"
        migrating.handler(request, Context())
        return self.answers.pop()

    def changed(self, kind: str = "Create") -> dict[str, str]:
        """What a request that succeeds tells of its changes."""
        answer = self(kind)
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        assert answer["PhysicalResourceId"] == "weir-dev-schemas"
        data: dict[str, str] = answer["Data"]
        return data


@pytest.fixture
def asked() -> Iterator[CloudFormation]:
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
    yield CloudFormation(f"http://127.0.0.1:{server.server_port}/answer", answers)
    server.shutdown()
    thread.join()
    server.server_close()


def test_tables_follow_the_deployed_plan(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation
) -> None:
    data = asked.changed()
    assert data["Changes"] == data["Tables"] == "5"
    assert "weir_dev_gold.dim_store create s3://gold/dim_store" in data["Changed"]
    assert warehouse.ran, "the warehouse was migrated too"
    deploy(lake, "two", MORE)
    assert asked.changed("Update")["Changed"] == (
        "weir_dev_bronze.stores add florist string; weir_dev_silver.stores add florist boolean"
    )
    assert asked.changed("Update")["Changes"] == "0"


def test_glue_compacts_the_tables_that_are_merged_and_no_others(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation, optimized: dict[str, str]
) -> None:
    asked.changed()
    merged = ("weir_dev_silver.stores", "weir_dev_gold.dim_store")
    assert optimized == dict.fromkeys(merged, "arn:optimizer")


def test_a_delete_keeps_everything(lake: Lake, warehouse: Warehouse, asked: CloudFormation) -> None:
    asked.changed()
    before = open_table("weir_dev_silver.stores").metadata_location
    assert asked.changed("Delete") == {}
    assert open_table("weir_dev_silver.stores").metadata_location == before


def test_a_rollback_to_a_plan_that_was_in_force_is_never_refused(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation
) -> None:
    asked.changed()
    deploy(lake, "two", MORE)
    asked.changed("Update")
    deploy(lake, "one", COLUMNS)
    assert asked.changed("Update")["Changes"] == "0"


def test_a_migration_that_the_warehouse_stopped_goes_on_when_tried_again(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation
) -> None:
    warehouse.broken = True
    assert "the warehouse is paused" in asked()["Reason"]
    warehouse.broken = False
    assert asked.changed()["Changes"] == "0"
    assert warehouse.ran


def test_a_refused_change_fails_the_deployment_with_its_reason(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation
) -> None:
    asked.changed()
    deploy(lake, "two", COLUMNS[:1])
    answer = asked("Update")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "weir-dev-schemas")
    assert "InvalidContract: contract stores  city: the column is gone" in answer["Reason"]
    assert "city" in open_table("weir_dev_silver.stores").schema().column_names


def test_an_answer_is_never_larger_than_cloudformation_takes(
    lake: Lake, warehouse: Warehouse, asked: CloudFormation
) -> None:
    many = tuple(Column(name=f"spalte_ü_{number}", type="string") for number in range(200))
    asked.changed()
    deploy(lake, "two", (*COLUMNS, *many))
    answer = asked("Update")
    assert answer["Data"]["Changes"] == "400"
    assert answer["size"] < 4096
    deploy(lake, "three", COLUMNS)
    answer = asked("Update")
    assert answer["Status"] == "FAILED"
    assert answer["size"] < 4096
    assert answer["type"] == "", "the address is signed without a content type"
