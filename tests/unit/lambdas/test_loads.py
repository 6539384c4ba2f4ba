"""The three load functions, over the ledger and over a warehouse that runs the rendered SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from dataplatform.adapters.warehouse import StatementUnknown, Status, Warehouse
from dataplatform.adapters.warehouse_schema import columns, migrate_warehouse
from dataplatform.errors import WarehouseLoadFailed
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE
from dataplatform.plans.model import Column, PlatformPlan
from dataplatform.render.redshift import warehouse_setup, warehouse_sql
from lambdas.confirm_load.logic import MAX_ATTEMPTS, confirm_load
from lambdas.load_warehouse.logic import Loader, LoadState
from lambdas.plan_loads.logic import plan_loads
from tests.unit.support import plans
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process = Server(tmp_path_factory.mktemp("warehouse"))
    process.start()
    yield process
    process.stop()


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
        self.ledger.model_built(
            MODEL,
            run_id=run_id,
            sequences={"stores": self.builds},
            snapshot=1000 + self.builds,
            inserted=len(rows),
            updated=0,
            deleted=0,
            rows=live,
            export_uri=f"s3://{self.emulated.bucket}/allowed/{self.builds}.manifest",
            digest="d",
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


@pytest.fixture
def setting(server: Server, ledger: Ledger, request: pytest.FixtureRequest) -> Setting:
    name = request.node.name.removeprefix("test_").split("[")[0].replace("_", "-")[:40].strip("-")
    return Setting(server, ledger, name)


def test_an_export_reaches_the_warehouse_and_the_ledger(setting: Setting) -> None:
    run = setting.run("r1")
    setting.export(run, [(1, "one", "1.50", "upsert"), (2, None, None, "upsert")], live=2)
    assert plan_loads(setting.ledger, setting.plan, run) == {
        "run_id": run,
        "loads": [{"run_id": run, "model": MODEL}],
    }
    assert setting.load(run)["done"]
    assert setting.rows() == [(1, "one", Decimal("1.50")), (2, None, None)]
    assert setting.loads() == [("r1", 1, 2)]
    state = setting.ledger.model(MODEL)
    assert state is not None
    assert (state.loaded_run, state.loaded_rows, state.rows) == ("r1", 2, 2)
    assert plan_loads(setting.ledger, setting.plan, run)["loads"] == []


def test_waiting_exports_are_merged_oldest_first(setting: Setting) -> None:
    dead, run = setting.run("r1"), setting.run("r2")
    setting.export(dead, [(1, "old", "1", "upsert"), (2, "gone", "2", "upsert")], live=2)
    setting.export(run, [(1, "new", "1", "upsert"), (2, "gone", "2", "delete")], live=1)
    assert setting.load(run)["done"]
    assert setting.rows() == [(1, "new", Decimal("1.00"))]
    assert setting.loads() == [("r1", 1, 2), ("r2", 2, 1)]


def test_a_lost_confirmation_doubles_nothing(setting: Setting) -> None:
    run = setting.run("r1")
    setting.export(run, [(1, "one", "1", "upsert"), (2, "two", "2", "delete")], live=1)
    lost = setting.loader.start(run, MODEL)
    setting.emulated.wait(lost["statement_id"])  # committed, and nobody was told
    assert setting.loader.start(run, MODEL)["statement_id"] == lost["statement_id"]
    later = setting.run("r2")
    again = setting.loader.start(later, MODEL)
    assert again["statement_id"] != lost["statement_id"]
    setting.finish(again)
    assert setting.rows() == [(1, "one", Decimal("1.00"))]
    assert setting.loads() == [("r1", 1, 1)]
    assert setting.ledger.pending_loads(MODEL) == []


def test_a_load_that_fails_midway_leaves_the_table_as_it_was(setting: Setting) -> None:
    run = setting.run("r1")
    setting.export(run, [(1, "one", "1", "upsert")], live=1)
    setting.load(run)
    broken = setting.run("r2")
    setting.export(broken, [(1, "changed", "1", "upsert"), (2, "two", "2", "upsert")], live=2)
    good = setting.loader
    sql = setting.plan.model(MODEL).warehouse
    narrow = tuple(statement.replace("VARCHAR(20)", "VARCHAR(3)") for statement in sql.load)
    narrowed = replace(setting.plan.model(MODEL), warehouse=replace(sql, load=narrow))
    setting.loader = replace(good, plan=replace(setting.plan, models=(narrowed,)))
    with pytest.raises(WarehouseLoadFailed, match="longer than the length") as failed:
        setting.load(broken)
    assert failed.value.remedy
    assert setting.rows() == [(1, "one", Decimal("1.00"))]
    assert setting.loads() == [("r1", 1, 1)]
    assert [load.run_id for load in setting.ledger.pending_loads(MODEL)] == ["r2"]
    setting.loader = good
    setting.load(setting.run("r3"))
    assert setting.rows() == [(1, "changed", Decimal("1.00")), (2, "two", Decimal("2.00"))]


def test_a_poisoned_file_fails_the_load_and_nothing_else(setting: Setting) -> None:
    run = setting.run("r1")
    setting.export(run, [(1, "one", "1", "upsert")], live=1)
    bucket, key = setting.emulated.bucket, "allowed/changes/1.parquet"
    good = setting.emulated.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    setting.emulated.s3.put_object(Bucket=bucket, Key=key, Body=b"x" * len(good))
    with pytest.raises(WarehouseLoadFailed, match="not a valid Parquet file"):
        setting.load(run)
    assert setting.rows() == []
    setting.emulated.s3.put_object(Bucket=bucket, Key=key, Body=good)
    setting.load(setting.run("r2"))
    assert setting.rows() == [(1, "one", Decimal("1.00"))]


def test_a_stuck_load_that_comes_late_changes_nothing(setting: Setting) -> None:
    run = setting.run("r1")
    setting.export(run, [(1, "old", "1", "upsert")], live=1)
    late = setting.loader._statements(setting.ledger.pending_loads(MODEL)[0])
    setting.load(run)
    setting.export(run, [(1, "new", "1", "upsert"), (2, "two", "2", "upsert")], live=2)
    setting.load(run)
    stuck = setting.warehouse.submit(late, "a second copy of the first load")
    setting.emulated.wait(stuck)
    assert setting.warehouse.status(stuck).rows == 2
    assert setting.rows() == [(1, "new", Decimal("1.00")), (2, "two", Decimal("2.00"))]


def test_side_by_side_submissions_of_one_export_merge_once(setting: Setting) -> None:
    run = setting.run("r1")
    rows: list[Row] = [(n, "x", "1", "upsert") for n in range(500)]
    setting.export(run, rows, live=500)
    load = setting.loader._statements(setting.ledger.pending_loads(MODEL)[0])
    runs = [setting.warehouse.submit(load, f"copy {n}") for n in range(4)]
    assert {setting.emulated.wait(one)["Status"] for one in runs} == {"FINISHED"}
    assert len(setting.rows()) == 500
    assert setting.loads() == [("r1", 1, 500)]


def test_the_loader_may_write_gold_and_no_more(setting: Setting) -> None:
    for sql in (f"DROP TABLE gold.{MODEL}", "CREATE SCHEMA mine", "CREATE TABLE gold.x (a INT)"):
        stopped = setting.emulated.wait(setting.warehouse.submit([sql], sql))
        assert stopped["Status"] == "FAILED", sql


def test_everyone_whom_iam_lets_in_may_read_gold(setting: Setting) -> None:
    rights = [allow(["redshift-data:*", "redshift-serverless:GetCredentials"], "*")]
    analyst = setting.emulated.create_role(f"{setting.role_name}-analyst", rights)
    reader = Warehouse(setting.emulated.as_role(analyst), setting.emulated.name)
    assert reader.query(f"SELECT count(*) AS n FROM gold.{MODEL}") == [{"n": 0}]


def test_a_migration_run_again_changes_nothing_and_adds_new_columns(setting: Setting) -> None:
    again = migrate_warehouse(setting.admin, setting.plan, setting.role_name)
    assert [sql for sql in setting.migrated if sql not in again] == [
        f'CREATE USER "IAMR:{setting.role_name}" PASSWORD DISABLE'
    ]
    wider = plan_with(extra=(Column(name="city", type="string", max_length=9, required=True),))
    migrate_warehouse(setting.admin, wider, setting.role_name)
    assert columns(setting.admin)[MODEL] == {"store_id", "name", "sales", "city"}
    assert migrate_warehouse(setting.admin, wider, setting.role_name) == again[:-1] + (
        wider.model(MODEL).warehouse.create,
    )


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


PASSING = Status(state="FAILED", error="ERROR: 1023 DETAIL: Serializable isolation violation")


def waiting(ledger: Ledger, warehouse: FailingWarehouse) -> tuple[Loader, dict[str, Any]]:
    ledger.open_run("r1", "execution", "{}")
    ledger.model_built(
        MODEL,
        run_id="r1",
        sequences={},
        snapshot=1,
        inserted=1,
        updated=0,
        deleted=0,
        rows=1,
        export_uri="s3://b/1.manifest",
        digest="d",
    )
    loader = Loader(ledger, plan_with(), warehouse, "role")  # type: ignore[arg-type]
    return loader, loader.start("r1", MODEL)


def test_a_load_under_way_is_looked_at_again(ledger: Ledger) -> None:
    loader, state = waiting(ledger, FailingWarehouse(Status(state="STARTED")))
    assert confirm_load(loader, LoadState.from_event(state)) == {**state, "done": False}


def test_a_passing_error_is_tried_again_a_few_times(ledger: Ledger) -> None:
    warehouse = FailingWarehouse(*[PASSING] * MAX_ATTEMPTS)
    loader, state = waiting(ledger, warehouse)
    for _ in range(MAX_ATTEMPTS - 1):
        state = confirm_load(loader, LoadState.from_event(state))
        assert not state["done"]
    with pytest.raises(WarehouseLoadFailed, match="Serializable"):
        confirm_load(loader, LoadState.from_event(state))
    assert len(set(warehouse.names)) == MAX_ATTEMPTS, "each attempt is a transaction of its own"
    assert len(ledger.pending_loads(MODEL)) == 1


def test_an_error_in_the_data_fails_at_once(ledger: Ledger) -> None:
    loader, state = waiting(ledger, FailingWarehouse(Status(state="FAILED", error="Spectrum")))
    with pytest.raises(WarehouseLoadFailed, match="Spectrum"):
        confirm_load(loader, LoadState.from_event(state))
    step = ledger.steps("r1")[-1]
    assert (step.state, step.dataset) == ("failed", MODEL)


def test_a_forgotten_statement_is_submitted_again(ledger: Ledger) -> None:
    gone = StatementUnknown("gone")
    warehouse = FailingWarehouse(gone, Status(state="FINISHED", rows=1))
    loader, state = waiting(ledger, warehouse)
    state = confirm_load(loader, LoadState.from_event(state))
    assert not state["done"]
    state = confirm_load(loader, LoadState.from_event(state))
    assert state["done"]
    assert ledger.pending_loads(MODEL) == []


def test_nothing_to_load_is_done(ledger: Ledger) -> None:
    ledger.open_run("r1", "execution", "{}")
    loader = Loader(ledger, plan_with(), FailingWarehouse(), "role")  # type: ignore[arg-type]
    state = loader.start("r1", MODEL)
    assert state["done"]
    assert confirm_load(loader, LoadState.from_event(state))["done"]
