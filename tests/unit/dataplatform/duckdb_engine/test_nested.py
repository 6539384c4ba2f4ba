"""Objects and arrays from landed files to silver, and what becomes of them when they grow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest

from dataplatform.adapters.iceberg.rewrite import Files, commit, join
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import InvalidContract
from dataplatform.ledger.records import Batch
from dataplatform.maintenance.bins import MIN_FILES
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import Shop, orders, shops
from tests.unit.support.nested import NESTED, nested

GROWN = nested(
    ("version: 1.0.0", "version: 1.1.0"),
    ("zip, logicalType: integer, ", "zip, logicalType: integer, physicalType: BIGINT, "),
    ("- {name: sku,", "- {name: gift, logicalType: boolean}\n            - {name: sku,"),
    ("- name: geo", "- {name: country, logicalType: string}\n          - name: geo"),
)  # fmt: skip
LINES: list[dict[str, Any]] = [{"sku": "a", "qty": 1, "price": 1.10}, {"sku": "b", "qty": 2}]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shops(orders(NESTED)) as found:
        yield found


def sent(key: int, day: int = 1, **fields: Any) -> dict[str, Any]:
    address = {"City": "Rom", "zip": 1234, "geo": {"lat": 1.5}}
    record = {"order_id": key, "changed_at": f"2026-01-{day:02d}T00:00:00Z", "address": address}
    return record | {"lines": LINES, "tags": ["x", None]} | fields


def landed(shop: Shop, *records: dict[str, Any] | str) -> Batch:
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    body = "\n".join(lines).encode()
    name = f"{hashlib.sha256(body).hexdigest()}.json"
    return shop.staged_objects([shop.lake.land(name, body, "orders")])


def test_objects_and_arrays_come_to_silver_as_structs_and_lists(shop: Shop) -> None:
    exact = (
        '{"order_id":3,"changed_at":"2026-01-01T00:00:00Z",'
        '"lines":[{"sku":"c","qty":1,"price":12345678.90}]}'
    )
    assert shop.merge(landed(shop, sent(1), sent(2, address=None, tags=[]), exact)) == {
        "inserted": 3
    }
    rows = shop.rows()
    assert rows[1]["address"] == {"city": "Rom", "zip": 1234, "geo": {"lat": Decimal("1.500000")}}
    assert rows[1]["lines"] == [
        {"sku": "a", "qty": 1, "price": Decimal("1.10")},
        {"sku": "b", "qty": 2, "price": None},
    ]
    assert (rows[1]["tags"], rows[2]["tags"], rows[3]["tags"]) == (["x", None], [], None)
    assert rows[2]["address"] is None
    assert rows[3]["lines"][0]["price"] == Decimal("12345678.90")


def test_the_same_value_again_is_a_duplicate_and_another_an_update(shop: Shop) -> None:
    shop.merge(landed(shop, sent(1), sent(2)))
    again = sent(1, address={"geo": {"lat": "1.50"}, "zip": "1234", "City": "Rom", "unknown": 1})
    assert shop.merge(landed(shop, again, sent(2, tags=["x"]))) == {"duplicate": 1, "updated": 1}
    assert shop.rows()[2]["tags"] == ["x"]
    gone = {"order_id": 1, "changed_at": "2026-01-02T00:00:00Z", "address": 5, "_op": "delete"}
    assert shop.merge(landed(shop, gone)) == {"deleted": 1}


def test_a_bad_value_within_is_quarantined_with_its_path(shop: Shop) -> None:
    bad = [
        sent(1, address={"zip": "x", "geo": []}),
        sent(2, lines=[{"sku": "a", "qty": 1}, {"sku": None, "qty": 1.5}, 7]),
        sent(3, lines=[], address="Rom"),
    ]
    assert shop.merge(landed(shop, *bad)) == {"quarantined": 3}
    rows = shop.lake.rows(shop.plan.quarantine_table)
    assert [
        json.loads(row["reasons"]) for row in sorted(rows, key=lambda row: row["position"])
    ] == [
        [
            "missing address.city",
            "malformed address.zip: 'x' is not int",
            "malformed address.geo: an array is not an object",
        ],
        [
            "malformed lines[]: '7' is not an object",
            "missing lines[].sku",
            "malformed lines[].qty: '1.5' is not int",
        ],
        ["malformed address: 'Rom' is not an object", "lines of fewer than 1 items: '[]'"],
    ]
    assert '"zip":"x"' in rows[0]["record"].replace("\\", "")


def test_a_csv_cell_may_hold_json(shop: Shop) -> None:
    csv = orders(nested(("format: json", "format: csv")))
    shop.plan = csv
    cells = {"order_id": 1, "changed_at": "2026-01-01T00:00:00Z", "tags": "", "_op": "insert"}
    good = {**cells, "address": ' { "City" : "Rom" } ', "lines": json.dumps(LINES)}
    assert shop.merged(good, {**good, "order_id": 2, "address": '{"City":"Rom"} x'}) == {
        "inserted": 1,
        "quarantined": 1,
    }
    assert shop.rows()[1]["address"]["city"] == "Rom"
    assert shop.rows()[1]["tags"] is None


def test_an_object_grows_in_place_and_old_files_are_read_as_it(shop: Shop) -> None:
    shop.merge(landed(shop, sent(1), sent(2)))
    shop.evolve(orders(GROWN))
    changes = shop.lake.migrate(plan_of(shop.plan))
    assert changes == [], "the same plan again changes nothing"
    table = open_table(shop.plan.silver_table)
    assert table.schema().find_type("address.zip").__class__.__name__ == "LongType"
    big = {"City": "Rom", "zip": 3_000_000_000, "country": "IT"}
    line = {"sku": "g", "qty": 1, "gift": True}
    assert shop.merge(landed(shop, sent(2, 2, address=big, lines=[line]), sent(1))) == {
        "updated": 1,
        "duplicate": 1,
    }
    rows = shop.rows()
    assert rows[1]["address"]["zip"] == 1234
    assert rows[1]["address"]["country"] is None
    assert rows[1]["lines"][0]["gift"] is None
    assert (rows[2]["address"]["zip"], rows[2]["address"]["country"]) == (3_000_000_000, "IT")
    assert rows[2]["lines"] == [{"gift": True, "sku": "g", "qty": 1, "price": None}]


def test_what_happens_to_the_table_is_told_by_path(shop: Shop) -> None:
    said = shop.lake.migrate(plan_of(orders(GROWN), digest="two"))
    silver = [
        line.removeprefix("weir_dev_silver.orders ") for line in said if "silver.orders" in line
    ]
    assert [line for line in silver if "settings" not in line] == [
        "widen address.zip int to long",
        "add address.country string",
        "add lines[].gift boolean",
        "order",
    ], "and what is added in the middle stands there"


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        (("- {name: zip, ", "- {name: code, "), "address.zip", "the column is gone"),
        (("qty, logicalType: integer", "qty, logicalType: string"), "lines[].qty", "type string"),
        (("items: {logicalType: string}", "items: {logicalType: integer}"), "tags[]", "type int"),
    ],
)  # fmt: skip
def test_what_old_files_can_not_be_read_as_is_refused(
    shop: Shop, change: tuple[str, str], field: str, found: str
) -> None:
    plan = orders(nested(change, ("version: 1.0.0", "version: 2.0.0")))
    with pytest.raises(InvalidContract) as caught:
        shop.lake.migrate(plan_of(plan, digest="two"))
    (problem,) = caught.value.problems
    assert problem.field == field
    assert found in problem.found


def test_fields_within_carry_icebergs_ids_and_counts(shop: Shop) -> None:
    shop.merge(landed(shop, sent(1)))
    table = open_table(shop.plan.silver_table)
    (task,) = table.scan().plan_files()
    city = table.schema().find_field("address.city").field_id
    assert task.file.value_counts[city] == 1
    with table.io.new_input(task.file.file_path).open() as stream:
        schema = pq.read_schema(stream)
    ids = {
        "address.city": schema.field("address").type.field("city").metadata,
        "lines.element.sku": schema.field("lines").type.value_type.field("sku").metadata,
        "tags.element": schema.field("tags").type.value_field.metadata,
    }
    for path, metadata in ids.items():
        assert (
            metadata[b"PARQUET:field_id"] == str(table.schema().find_field(path).field_id).encode()
        )


def test_the_catalogue_says_the_types_as_glue_writes_them(shop: Shop) -> None:
    name = shop.plan.silver_table.partition(".")
    found = boto3.client("glue").get_table(DatabaseName=name[0], Name=name[2])
    types = {c["Name"]: c["Type"] for c in found["Table"]["StorageDescriptor"]["Columns"]}
    assert types["address"] == "struct<city:string,zip:int,geo:struct<lat:decimal(9,6)>>"
    assert types["lines"] == "array<struct<sku:string,qty:int,price:decimal(10,2)>>"


def test_small_files_with_nested_columns_are_joined(shop: Shop) -> None:
    for key in range(11, 11 + MIN_FILES - 2):
        shop.merge(landed(shop, sent(key)))
    shop.merge(landed(shop, sent(1), sent(2, address=None, tags=[])))
    shop.evolve(orders(GROWN))
    shop.merge(landed(shop, sent(3), sent(4, lines=[{"sku": "g", "qty": 1, "gift": True}])))
    before = shop.rows()
    table = open_table(shop.plan.silver_table)
    (joined,) = [join(table, group) for group in Files(table).small()]
    assert commit(table, [joined]) == []
    assert (len(joined.old), len(joined.new)) == (MIN_FILES, 1)
    assert shop.rows() == before
    again = sent(4, lines=[{"sku": "g", "qty": 1, "gift": True}])
    assert shop.merge(landed(shop, sent(1), sent(5), again)) == {"duplicate": 2, "inserted": 1}
