"""The three load functions, over the ledger and over a warehouse that runs the rendered SQL."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dataplatform.adapters.warehouse import StatementFailed, Warehouse
from dataplatform.adapters.warehouse_schema import columns, migrate_warehouse
from dataplatform.errors import WarehouseLoadFailed
from dataplatform.ledger import Ledger
from dataplatform.plans.model import Column, PlatformPlan
from dataplatform.render.redshift import warehouse_sql
from lambdas.plan_loads.logic import plan_loads
from tests.unit.support.loads import COLUMNS, MODEL, Row, Setting, plan_with
from tests.unit.support.redshift import Server, allow


@pytest.fixture
def setting(redshift: Server, ledger: Ledger, request: pytest.FixtureRequest) -> Setting:
    name = request.node.name.removeprefix("test_").split("[")[0].replace("_", "-")[:40].strip("-")
    return Setting(redshift, ledger, name)


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
    assert standing(setting) == {
        "store_id": "INTEGER",
        "name": "VARCHAR(20)",
        "sales": "DECIMAL(10, 2)",
        "city": "VARCHAR(36)",
    }
    assert migrate_warehouse(setting.admin, wider, setting.role_name) == again[:-1] + (
        wider.model(MODEL).warehouse.create,
    )


def test_a_table_follows_its_model_and_keeps_what_it_has(setting: Setting) -> None:
    """Longer texts and fewer columns in place; other types by a table made anew."""
    setting.export(setting.run("r1"), [(1, "one", "1.50", "upsert")], live=1)
    setting.load("r1")
    number, name, sales = COLUMNS
    longer = plan_of(number, replace(name, max_length=9))
    done = migrate_warehouse(setting.admin, longer, setting.role_name)
    assert done[-2:] == (
        'ALTER TABLE gold."dim_store" DROP COLUMN "sales"',
        'ALTER TABLE gold."dim_store" ALTER COLUMN "name" TYPE VARCHAR(36)',
    )
    assert standing(setting) == {"store_id": "INTEGER", "name": "VARCHAR(36)"}
    other = plan_of(replace(number, type="bigint"), replace(name, type="int"), sales)
    migrate_warehouse(setting.admin, other, setting.role_name)
    assert standing(setting) == {
        "store_id": "BIGINT",
        "name": "INTEGER",
        "sales": "DECIMAL(10, 2)",
    }
    assert setting.rows() == [(1, None, None)], "what can't be taken over waits for the next build"
    again = migrate_warehouse(setting.admin, other, setting.role_name)
    assert again[-1] == other.model(MODEL).warehouse.create, "nothing was left to do"
    delete = setting.warehouse.submit([f"DELETE FROM gold.{MODEL}"], "as the loader")
    assert setting.emulated.wait(delete)["Status"] == "FINISHED", "rights are as they were"


def test_a_length_is_altered_outside_any_transaction(setting: Setting) -> None:
    alter = f"ALTER TABLE gold.{MODEL} ALTER COLUMN name TYPE VARCHAR(99)"
    with pytest.raises(StatementFailed, match="cannot run inside a transaction block"):
        setting.admin.run([alter])
    setting.admin.query(alter)
    assert standing(setting)["name"] == "VARCHAR(99)"


def plan_of(*wanted: Column) -> PlatformPlan:
    (model,) = plan_with().models
    sql = warehouse_sql(MODEL, wanted, model.key)
    return replace(plan_with(), models=(replace(model, columns=wanted, warehouse=sql),))


def standing(setting: Setting) -> dict[str, str]:
    return {column.name: column.type for column in columns(setting.admin)[MODEL]}
