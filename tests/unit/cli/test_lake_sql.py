"""Looking at the lake's own tables from the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from cli import lake_sql
from cli.target import Target
from dataplatform.adapters.iceberg import tables
from dataplatform.naming import Names
from tests.unit.cli.conftest import FakeTarget
from tests.unit.support.plans import dataset, platform

Weir = Callable[..., tuple[int, str, str]]


class Table:
    """An Iceberg table as far as a scan goes; it notes what is asked of it."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self.fields = [SimpleNamespace(name=f.name, field_type=f.type) for f in rows.schema]
        self.asked: tuple[str, ...] = ()

    def schema(self) -> Table:
        return self

    def scan(self, selected_fields: tuple[str, ...]) -> Table:
        self.asked = selected_fields
        return self

    def to_arrow_batch_reader(self) -> pa.RecordBatchReader:
        return self._rows.select(list(self.asked)).to_reader()


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Table:
    target: Any = FakeTarget()
    target.plan, target.names = platform((dataset("stores"),)), Names("dev")
    place = [{"land": "ES", "lines": [{"sku": "a"}]}, None]
    rows = {"id": [1, 2], "city": ["Vigo", "Köln"], "_batch_id": ["b", "b"], "place": place}
    table = Table(pa.table(rows))
    opened = {"weir_dev_silver.stores": table}
    monkeypatch.setattr(Target, "choose", lambda _: target)
    monkeypatch.setattr(lake_sql, "open_table", opened.__getitem__)
    monkeypatch.setattr(tables, "open_table", opened.__getitem__)
    return table


def test_columns_of_one_name_are_told_apart(weir: Weir, stores: Table) -> None:
    query = "select a.id, b.id from silver.stores a, silver.stores b order by 1, 2 limit 2"
    code, out, _ = weir("sql", "--on", "lake", query, "--json")
    assert (code, json.loads(out)) == (0, [{"id": 1, "id_2": 1}, {"id": 1, "id_2": 2}])


def test_silver_is_asked_for_the_columns_that_are_wanted(weir: Weir, stores: Table) -> None:
    query = "select s.city, count(*) as n from silver.stores s group by 1 order by 1"
    code, out, _ = weir("sql", "--on", "lake", query, "--json")
    assert code == 0
    assert json.loads(out) == [{"city": "Köln", "n": 1}, {"city": "Vigo", "n": 1}]
    assert stores.asked == ("city",)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("select * from silver.stores", ("id", "city", "_batch_id", "place")),
        ("select count(*) from silver.stores", ("id",)),
        ("select place.land from silver.stores", ("place",)),
        ("select s.place.land, id from silver.stores s", ("id", "place")),
        ("with a as (select id from silver.stores) select max(id) from a", ("id",)),
    ],
)
def test_no_more_is_read_than_a_query_names(
    weir: Weir, stores: Table, query: str, asked: tuple[str, ...]
) -> None:
    assert weir("sql", "--on", "lake", query)[0] == 0
    assert stores.asked == asked


def test_objects_and_arrays_are_shown_whole(weir: Weir, stores: Table) -> None:
    query = "select place from silver.stores order by id"
    _, out, _ = weir("sql", "--on", "lake", query, "--json")
    assert json.loads(out) == [
        {"place": {"land": "ES", "lines": [{"sku": "a"}]}}, {"place": None}
    ]  # fmt: skip
    code, out, _ = weir("sql", "--on", "lake", query)
    assert code == 0
    assert "ES" in out


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from silver.shops", "Tables: bronze.stores, quarantine.records, silver.stores"),
        ("select town from silver.stores", "town"),
        ("drop table silver.stores", "no SELECT"),
        ("select from where", "isn't SQL"),
    ],
)
def test_what_cannot_be_answered_says_why(weir: Weir, stores: Table, query: str, said: str) -> None:
    code, _, err = weir("sql", "--on", "lake", query)
    assert code == 2
    assert said in err


def test_objects_are_json_in_a_cell(weir: Weir, stores: Table) -> None:
    query = "select place, 1.50::decimal(4,2) as n from silver.stores order by id limit 1"
    _, out, _ = weir("sql", "--on", "lake", query, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert json.loads(row["place"]) == {"land": "ES", "lines": [{"sku": "a"}]}
    assert row["n"] == "1.50"
    _, out, _ = weir("sql", "--on", "lake", query)
    assert '{"land": "ES", "lines": [{"sku": "a"}]}' in out


def test_every_value_has_a_form_in_json(weir: Weir, stores: Table) -> None:
    query = (
        "select 'nan'::double as a, uuid '00000000-0000-0000-0000-000000000001' as b, "
        "time '10:00' as c, interval 1 day as d, [1.5, 'inf'::double] as e, 'x'::blob as f"
    )
    code, out, _ = weir("sql", "--on", "lake", query, "--json")
    assert code == 0
    assert json.loads(out, parse_constant=pytest.fail) == [
        {
            "a": "nan",
            "b": "00000000-0000-0000-0000-000000000001",
            "c": "10:00:00",
            "d": "1 day, 0:00:00",
            "e": [1.5, "inf"],
            "f": "78",
        }
    ]


def test_tables_and_columns_can_be_looked_up(weir: Weir, stores: Table) -> None:
    code, out, _ = weir("sql", "--on", "lake", "--json")
    assert code == 0
    assert [row["table"] for row in json.loads(out)] == [
        "bronze.stores", "silver.stores", "quarantine.records"
    ]  # fmt: skip
    code, out, _ = weir("sql", "silver.stores", "--json")
    assert code == 0
    names = [row["column"] for row in json.loads(out)]
    assert names == ["id", "city", "_batch_id", "place"]
    code, _, err = weir("sql", "silver.shops")
    assert (code, "silver.stores" in err) == (2, True)
    _, _, err = weir("sql", "--on", "lake", "select town from silver.stores")
    assert "./weir sql silver.stores" in err


def test_a_table_that_is_nearly_one_is_named(weir: Weir, stores: Table) -> None:
    _, _, said = weir("sql", "--on", "lake", "select * from silver.storse")
    assert 'Did you mean "silver.stores"? Tables: bronze.stores' in said
