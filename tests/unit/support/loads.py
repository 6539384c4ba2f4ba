"""A gold model's exports on their way to a warehouse that runs the rendered SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dataplatform.adapters.warehouse import StatementUnknown, Status, Warehouse
from dataplatform.adapters.warehouse_schema import migrate_warehouse
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE
from dataplatform.plans.model import Column, PlatformPlan
from dataplatform.render.redshift import warehouse_setup, warehouse_sql
from lambdas.confirm_load.logic import confirm_load
from lambdas.loads import Loader, LoadState
from tests.unit.support import ledgers, plans
from tests.unit.support.redshift import Server, allow
from tests.unit.support.redshift import Warehouse as EmulatedWarehouse

MODEL = "dim_store"
COLUMNS = (
    Column(name="store_id", type="int", required=True),
    Column(name="name", type="string", max_length=5),
    Column(name="sales", type="decimal(10,2)"),
)
Row = tuple[int, str | None, str | None, str]


def plan_with(*, extra: Sequence[Column] = ()) -> PlatformPlan:
    wanted = (*COLUMNS, *extra)
    model = replace(
        plans.model(MODEL, "stores"),
        columns=wanted,
        key=("store_id",),
        warehouse=warehouse_sql(MODEL, wanted, ("store_id",)),
    )
    return replace(plans.platform((), (model,)), warehouse_setup=warehouse_setup((model,)))


class Setting:
    """A migrated warehouse, a loader with the least rights, and a ledger with a run."""

    def __init__(self, server: Server, ledger: Ledger, name: str) -> None:
        self.emulated = EmulatedWarehouse(server, name)
        self.ledger = ledger
        self.plan = plan_with()
        self.admin = Warehouse(self.emulated.data, name, secret_arn=self.emulated.secret)
        role = f"{name}-loader"
        rights = [
            allow(
                ["redshift-data:BatchExecuteStatement", "redshift-serverless:GetCredentials"],
                self.emulated.workgroup_arn,
            ),
            allow(["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"], "*"),
        ]
        loader_arn = self.emulated.create_role(role, rights)
        self.migrated = migrate_warehouse(self.admin, self.plan, role)
        self.role_name = role
        self.warehouse = Warehouse(self.emulated.as_role(loader_arn), name)
        self.loader = Loader(ledger, self.plan, self.warehouse, self.emulated.role)
        self.builds = 0

    def run(self, run_id: str) -> str:
        """A run; the one before has ended."""
        if holder := self.ledger.lease_holder(PIPELINE_LEASE):
            self.ledger.release_lease(PIPELINE_LEASE, holder.owner)
        self.ledger.open_run(run_id, f"execution-{run_id}", "{}")
        return run_id

    def export(self, run_id: str, rows: Sequence[Row], *, live: int) -> None:
        """What the gold job leaves: a file, its manifest, an item in the ledger."""
        self.builds += 1
        price = pa.decimal128(10, 2)
        uri = self.emulated.put_parquet(
            f"allowed/changes/{self.builds}.parquet",
            {
                "store_id": pa.array([row[0] for row in rows], pa.int32()),
                "name": pa.array([row[1] for row in rows], pa.string()),
                "sales": pa.array([row[2] and Decimal(row[2]) for row in rows], price),
                "_change": pa.array([row[3] for row in rows], pa.string()),
            },
        )
        self.manifest(f"{self.builds}", [uri])
        ledgers.built(
            self.ledger,
            MODEL,
            run_id,
            sequences={"stores": self.builds},
            snapshot=1000 + self.builds,
            inserted=len(rows),
            rows=live,
            export_uri=f"s3://{self.emulated.bucket}/allowed/{self.builds}.manifest",
        )

    def manifest(self, name: str, uris: Sequence[str]) -> None:
        s3, bucket = self.emulated.s3, self.emulated.bucket
        entries = []
        for uri in uris:
            size = s3.head_object(Bucket=bucket, Key=uri.split("/", 3)[3])["ContentLength"]
            entries.append({"url": uri, "mandatory": True, "meta": {"content_length": size}})
        body = json.dumps({"entries": entries}).encode()
        s3.put_object(Bucket=bucket, Key=f"allowed/{name}.manifest", Body=body)

    def finish(self, state: dict[str, Any]) -> dict[str, Any]:
        """What the state machine does: confirm until done."""
        while not state["done"]:
            self.emulated.wait(state["statement_id"])
            state = confirm_load(self.loader, LoadState.from_event(state))
        return state

    def load(self, run_id: str) -> dict[str, Any]:
        return self.finish(self.loader.start(run_id, MODEL))

    def rows(self) -> list[tuple[Any, ...]]:
        found = self.admin.query(f"SELECT store_id, name, sales FROM gold.{MODEL} ORDER BY 1")
        return [tuple(row.values()) for row in found]

    def loads(self) -> list[tuple[Any, ...]]:
        found = self.admin.query("SELECT run_id, build, row_count FROM gold.loads ORDER BY build")
        return [tuple(row.values()) for row in found]


class FailingWarehouse:
    """A warehouse whose statements end as told."""

    def __init__(self, *outcomes: Status | StatementUnknown) -> None:
        self.outcomes = list(outcomes)
        self.names: list[str] = []

    def submit(self, statements: Sequence[str], name: str) -> str:
        self.names.append(name)
        return f"statement-{len(self.names)}"

    def status(self, statement_id: str) -> Status:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, StatementUnknown):
            raise outcome
        return outcome
