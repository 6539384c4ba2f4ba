"""Tables that stand, with rows, brought to another contract: old files are read as the new one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyiceberg.exceptions import CommitFailedException

from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import InvalidContract
from dataplatform.plans.model import Column, PlatformPlan, SilverPlan
from tests.unit.support.evolved import (
    BRONZE,
    DIM,
    NAMED,
    SILVER,
    contract,
    data_files,
    renamed,
    row_of_bronze,
    rows,
    with_rows,
    without,
    write,
)
from tests.unit.support.lakes import COLUMNS, Lake, plan_of


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    return with_rows(empty_lake)


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
    commit: Callable[..., Any] = CommittingGlue.commit_table
    overtaken: list[str] = []

    def late(self: CommittingGlue, table: Any, *rest: Any) -> Any:
        if table.name()[1] == "stores" and not overtaken:
            overtaken.append("once")
            monkeypatch.setattr(CommittingGlue, "commit_table", commit)
            assert ".".join(table.name()) == BRONZE
            write(BRONZE, row_of_bronze("Turin"))
            raise CommitFailedException("another was first")
        return commit(self, table, *rest)

    monkeypatch.setattr(CommittingGlue, "commit_table", late)
    lake.migrate(plan_of(contract("2.0.0", renamed("city", "town"))))
    assert overtaken
    assert sorted(row["town"] for row in lake.rows(BRONZE)) == ["Bilbao", "Turin"]


def test_nothing_is_changed_where_nothing_changes(lake: Lake) -> None:
    plan: PlatformPlan = plan_of(contract("2.0.0", renamed("city", "town"), partition_by=("town",)))
    lake.migrate(plan)
    before = open_table(SILVER).metadata_location
    assert lake.migrate(plan) == []
    assert open_table(SILVER).metadata_location == before
