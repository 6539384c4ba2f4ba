"""Tables that stand, with rows, laid out by another column: old files stay as they are."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import InvalidContract
from dataplatform.plans.model import Column
from tests.unit.support.evolved import (
    SILVER,
    contract,
    data_files,
    renamed,
    with_rows,
    without,
    write,
)
from tests.unit.support.lakes import Lake, plan_of


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    return with_rows(empty_lake)


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
