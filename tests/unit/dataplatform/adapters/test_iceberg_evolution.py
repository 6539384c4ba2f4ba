"""Tables that stand, with rows, brought to another contract: old files are read as the new one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from dataplatform.adapters.iceberg import open_table
from dataplatform.errors import InvalidContract
from dataplatform.naming import CHANGE_COLUMN
from dataplatform.plans.model import Column, PlatformPlan, SilverPlan
from tests.unit.support.lakes import COLUMNS, Lake, plan_of, stores

BRONZE, SILVER, GOLD = (f"weir_dev_{zone}" for zone in ("bronze.stores", "silver.stores", "gold"))
DIM, CHANGES = f"{GOLD}.dim_store", f"{GOLD}.dim_store__changes"
NAMED = tuple(replace(column, id=f"c-{column.name}") for column in COLUMNS)
"""The columns of `stores`, each with an id."""


def contract(version: str, columns: tuple[Column, ...] = NAMED, **changes: Any) -> SilverPlan:
    return stores(columns=columns, version=version, **changes)


def renamed(old: str, new: str, columns: tuple[Column, ...] = NAMED) -> tuple[Column, ...]:
    return tuple(replace(c, name=new) if c.name == old else c for c in columns)


def without(name: str) -> tuple[Column, ...]:
    return tuple(column for column in NAMED if column.name != name)


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    """Two rows in silver, one in bronze."""
    empty_lake.migrate(plan_of(contract("1.0.0")))
    write(SILVER, {"store_id": 1, "city": "Bilbao"}, {"store_id": 2, "city": "Oslo"})
    write(BRONZE, {"city": "Bilbao", **dict.fromkeys(_SYSTEM, "x"), **_TYPED})
    return empty_lake


_SYSTEM = ("_batch_id", "_object", "_version", "_checksum", "_op")
_TYPED = {"_position": 1, "_arrived_at": 0}


def write(name: str, *rows: dict[str, Any]) -> None:
    table = open_table(name)
    schema = table.schema().as_arrow()
    table.append(pa.Table.from_pylist(list(rows), schema=schema))


def rows(lake: Lake, *names: str) -> list[dict[str, Any]]:
    found = sorted(lake.rows(SILVER), key=lambda row: str(row["store_id"]))
    return [{name: row[name] for name in ("store_id", *names)} for row in found]


def test_a_table_knows_its_contract_and_its_columns(lake: Lake) -> None:
    for name in (BRONZE, SILVER):
        properties, schema = open_table(name).properties, open_table(name).schema()
        assert properties["weir.contract.version"] == "1.0.0"
        assert json.loads(properties["weir.columns"]) == {
            f"c-{column.name}": schema.find_field(column.name).field_id for column in COLUMNS
        }
    assert "weir.contract.version" not in open_table(DIM).properties


def test_a_renamed_column_keeps_its_values_in_bronze_and_silver(lake: Lake) -> None:
    files = data_files(SILVER)
    assert lake.migrate(plan_of(contract("2.0.0", renamed("city", "town")))) == [
        f"{BRONZE} rename city to town",
        f"{BRONZE} settings weir.contract.version",
        f"{SILVER} rename city to town",
        f"{SILVER} settings weir.contract.version",
    ]
    assert data_files(SILVER) == files, "no file is rewritten"
    assert rows(lake, "town") == [
        {"store_id": 1, "town": "Bilbao"},
        {"store_id": 2, "town": "Oslo"},
    ]
    assert [row["town"] for row in lake.rows(BRONZE)] == ["Bilbao"]


def test_two_columns_may_take_each_others_names(lake: Lake) -> None:
    columns = (
        replace(NAMED[0]),
        replace(NAMED[1], name="opened_at"),
        NAMED[2],
        replace(NAMED[3], name="city"),
    )
    lake.migrate(plan_of(contract("2.0.0", columns)))
    assert rows(lake, "opened_at", "city")[0] == {
        "store_id": 1,
        "opened_at": "Bilbao",
        "city": None,
    }


def test_a_column_of_a_new_id_and_another_name_is_another_column(lake: Lake) -> None:
    columns = tuple(
        replace(column, name="town", id="c-town") if column.name == "city" else column
        for column in NAMED
    )
    lake.migrate(plan_of(contract("2.0.0", columns)))
    assert rows(lake, "town") == [{"store_id": 1, "town": None}, {"store_id": 2, "town": None}]


def test_a_dropped_column_goes_from_silver_and_stays_in_bronze(lake: Lake) -> None:
    assert f"{SILVER} drop city" in lake.migrate(plan_of(contract("2.0.0", without("city"))))
    assert "city" not in open_table(SILVER).schema().column_names
    assert [row["city"] for row in lake.rows(BRONZE)] == ["Bilbao"]
    lake.migrate(plan_of(contract("2.1.0")))
    assert rows(lake, "city")[0] == {"store_id": 1, "city": None}, "until a backfill fills it"
    assert [row["city"] for row in lake.rows(BRONZE)] == ["Bilbao"]


def test_a_name_that_a_dropped_column_holds_in_bronze_is_given_to_the_new_one(lake: Lake) -> None:
    lake.migrate(plan_of(contract("2.0.0", without("area"))))
    done = lake.migrate(plan_of(contract("3.0.0", renamed("city", "area", without("area")))))
    number = next(c.split("_")[-1] for c in done if "_was_area" in c)
    assert f"{BRONZE} rename area to _was_area_{number}" in done
    assert [row["area"] for row in lake.rows(BRONZE)] == ["Bilbao"]
    assert rows(lake, "area")[1] == {"store_id": 2, "area": "Oslo"}


@pytest.mark.parametrize(
    ("plan", "field", "found"),
    [
        (contract("1.9.9", without("city")), "city", "the column is gone from the contract"),
        (contract("1.1.0", renamed("city", "town")), "city", "the column is called town now"),
        (contract("1.1.0", ordering="opened_at"), "ordering", "opened_at, before updated_at"),
    ],
)
def test_readers_are_told_by_a_major_version_or_nothing_is_changed(
    lake: Lake, plan: SilverPlan, field: str, found: str
) -> None:
    before = open_table(SILVER).metadata_location
    with pytest.raises(InvalidContract) as refused:
        lake.migrate(plan_of(plan))
    (problem,) = refused.value.problems
    assert (problem.field, problem.found) == (field, f"{found}, in version {plan.version}")
    assert problem.expected.startswith("a higher major version (1.0.0 is deployed)")
    assert problem.remedy == "Raise the version to 2.0.0 when its readers know."
    assert open_table(SILVER).metadata_location == before
    lake.migrate(plan_of(replace(plan, version="2.0.0")))


def test_a_table_from_before_versions_takes_its_version_first(lake: Lake) -> None:
    with open_table(SILVER).transaction() as transaction:
        transaction.remove_properties("weir.contract.version")
    with pytest.raises(InvalidContract, match="Deploy the contract as it was once"):
        lake.migrate(plan_of(contract("2.0.0", without("city"))))
    lake.migrate(plan_of(contract("1.0.0")))
    lake.migrate(plan_of(contract("2.0.0", without("city"))))


def test_a_key_column_may_be_renamed_but_no_other_be_the_key(lake: Lake) -> None:
    columns = renamed("store_id", "shop_id")
    lake.migrate(plan_of(contract("2.0.0", columns, primary_key=("shop_id",))))
    assert sorted(row["shop_id"] for row in lake.rows(SILVER)) == [1, 2]
    assert open_table(SILVER).properties["weir.key"] == "shop_id"
    with pytest.raises(InvalidContract, match="primaryKey: city; expected shop_id"):
        lake.migrate(plan_of(contract("3.0.0", columns, primary_key=("city",))))


def test_another_partition_lays_out_new_files_and_old_ones_stay(lake: Lake) -> None:
    files = data_files(SILVER)
    plan = plan_of(contract("1.0.1", partition_by=("city",)))
    assert f"{SILVER} partition by city, before by nothing" in lake.migrate(plan)
    write(SILVER, {"store_id": 3, "city": "Turin"}, {"store_id": 4, "city": "Bilbao"})
    specs = {file.spec_id for file in data_files(SILVER).values()}
    assert specs == {0, 1}
    assert files.keys() < data_files(SILVER).keys()
    found = lake.rows(SILVER, city="Bilbao")
    assert sorted(row["store_id"] for row in found) == [1, 4]
    back = plan_of(contract("1.0.2"))
    assert f"{SILVER} partition by nothing, before by city" in lake.migrate(back)
    assert open_table(SILVER).spec().spec_id == 0, "a layout that was there is taken again"


def test_a_partition_column_may_be_renamed_but_its_old_name_is_kept_for_old_files(
    lake: Lake,
) -> None:
    lake.migrate(plan_of(contract("1.0.1", partition_by=("city",))))
    write(SILVER, {"store_id": 3, "city": "Turin"})
    columns = renamed("city", "town")
    done = lake.migrate(plan_of(contract("2.0.0", columns, partition_by=("town",))))
    assert not any(" partition " in change for change in done), "it is the same column"
    more = (*columns, Column(name="city", type="string", id="c-new"))
    with pytest.raises(InvalidContract, match="city: the name for another column"):
        lake.migrate(plan_of(contract("2.1.0", more, partition_by=("town",))))
    lake.migrate(plan_of(contract("2.1.0", columns)))
    lake.migrate(plan_of(contract("2.1.1", columns, partition_by=("town",))))
    write(SILVER, {"store_id": 4, "town": "Turin"})
    assert sorted(row["store_id"] for row in lake.rows(SILVER, town="Turin")) == [3, 4]


def test_a_column_that_files_are_split_by_is_never_dropped(lake: Lake) -> None:
    lake.migrate(plan_of(contract("1.0.1", partition_by=("city",))))
    with pytest.raises(InvalidContract, match="city, by which files of it are or were split"):
        lake.migrate(plan_of(contract("2.0.0", without("city"))))


def test_a_model_follows_its_sql(lake: Lake) -> None:
    """Gold is computed anew, so a column may go, or come back as another type."""
    (gold,) = plan_of().models
    write(DIM, {"store_id": 1, "city": "Bilbao"})
    columns = (COLUMNS[0], replace(COLUMNS[1], type="int"), COLUMNS[2])
    done = lake.migrate(
        replace(plan_of(contract("1.0.0")), models=(replace(gold, columns=columns),))
    )
    assert f"{DIM} replace city string by int" in done
    assert f"{CHANGES} replace city string by int" in done
    assert lake.rows(DIM) == [{"store_id": 1, "city": None, "area": None}]
    names = [*(column.name for column in columns), CHANGE_COLUMN]
    assert open_table(CHANGES).schema().column_names == names
    done = lake.migrate(
        replace(plan_of(contract("1.0.0")), models=(replace(gold, columns=columns[::2]),))
    )
    assert done == [f"{DIM} drop city", f"{CHANGES} drop city"]


def test_a_model_follows_its_sql_back_too_because_its_writers_give_no_more(lake: Lake) -> None:
    (gold,) = plan_of().models
    wider = replace(COLUMNS[2], name="city", type="bigint")
    plain = replace(gold, columns=(COLUMNS[0], replace(wider, type="int")))
    more = (COLUMNS[0], wider, COLUMNS[2])
    lake.migrate(replace(plan_of(contract("1.0.0")), models=(plain,)))
    lake.migrate(replace(plan_of(contract("1.0.0")), models=(replace(gold, columns=more),)))
    first = replace(plan_of(contract("1.0.0")), models=(plain,))
    assert lake.migrate(first, going_back=True) == [
        f"{name} {done}"
        for name in (DIM, CHANGES)
        for done in ("drop area", "replace city long by int")
    ] + [f"{CHANGES} order"]


def test_a_models_key_keeps_its_type(lake: Lake) -> None:
    (gold,) = plan_of().models
    columns = (replace(COLUMNS[0], type="string"), COLUMNS[1])
    with pytest.raises(InvalidContract, match="model dim_store  store_id: type string"):
        lake.migrate(replace(plan_of(contract("1.0.0")), models=(replace(gold, columns=columns),)))


@pytest.mark.parametrize(
    "columns",
    [
        without("city"),
        renamed("city", "town"),
        (*renamed("city", "town"), Column(name="city", type="string", id="c-new")),
        (replace(NAMED[0], type="bigint"), *NAMED[1:]),
        (*NAMED, Column(name="florist", type="boolean", id="c-florist")),
    ],
)
def test_a_rollback_is_never_refused_and_old_code_finds_its_columns(
    lake: Lake, columns: tuple[Column, ...]
) -> None:
    lake.migrate(plan_of(contract("2.0.0", columns)))
    lake.migrate(plan_of(contract("1.0.0")), going_back=True)
    table = open_table(SILVER)
    assert {column.name for column in NAMED} <= set(table.schema().column_names)
    assert table.properties["weir.contract.version"] == "1.0.0"
    kept = None if columns == without("city") else "Bilbao"
    assert rows(lake, "city")[0] == {"store_id": 1, "city": kept}
    assert lake.migrate(plan_of(contract("1.0.0")), going_back=True) == []


def test_a_writer_that_commits_meanwhile_comes_first(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit: Callable[..., Any] = GlueCatalog.commit_table
    overtaken: list[str] = []

    def late(self: GlueCatalog, table: Any, *rest: Any) -> Any:
        if table.name()[1] == "stores" and not overtaken:
            overtaken.append("once")
            monkeypatch.setattr(GlueCatalog, "commit_table", commit)
            write(".".join(table.name()), *_meanwhile(".".join(table.name())))
            raise CommitFailedException("another was first")
        return commit(self, table, *rest)

    monkeypatch.setattr(GlueCatalog, "commit_table", late)
    lake.migrate(plan_of(contract("2.0.0", renamed("city", "town"))))
    assert overtaken
    assert sorted(row["town"] for row in lake.rows(BRONZE)) == ["Bilbao", "Turin"]


def _meanwhile(name: str) -> list[dict[str, Any]]:
    assert name == BRONZE
    return [{"city": "Turin", **dict.fromkeys(_SYSTEM, "x"), **_TYPED}]


def test_nothing_is_changed_where_nothing_changes(lake: Lake) -> None:
    plan: PlatformPlan = plan_of(contract("2.0.0", renamed("city", "town"), partition_by=("town",)))
    lake.migrate(plan)
    before = open_table(SILVER).metadata_location
    assert lake.migrate(plan) == []
    assert open_table(SILVER).metadata_location == before


def data_files(name: str) -> dict[str, Any]:
    return {task.file.file_path: task.file for task in open_table(name).scan().plan_files()}
