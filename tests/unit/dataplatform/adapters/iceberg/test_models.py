"""Tables of gold, which follow their models' SQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import InvalidContract
from dataplatform.naming import CHANGE_COLUMN
from tests.unit.support.evolved import CHANGES, DIM, contract, with_rows, write
from tests.unit.support.lakes import COLUMNS, Lake, plan_of


@pytest.fixture
def lake(empty_lake: Lake) -> Lake:
    return with_rows(empty_lake)


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
