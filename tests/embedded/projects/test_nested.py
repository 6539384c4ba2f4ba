"""Objects and arrays through the whole platform: the same rows by DuckDB and by Spark."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.changes import RECORDS, Changed
from tests.embedded.projects.copies import weir

pytestmark = pytest.mark.embedded

REASONS = {
    3: [
        "missing address.city",
        "malformed address.zip: 'x' is not int",
        "malformed lines[]: '7' is not an object",
        "missing lines[].sku",
        "malformed lines[].qty: '1.5' is not int",
    ],
    4: ["""malformed lines: '{"sku":"a"}' is not an array"""],
}


def test_objects_and_arrays_are_the_same_by_both_engines(
    platform: Platform, changed: Changed
) -> None:
    for dataset in ("orders", "carts"):
        said = changed.datasets[dataset]
        assert_balanced(said)
        assert (said["inserted"], said["quarantined"]) == (2, 2)
    rows = silver(platform, "orders")
    assert rows == silver(platform, "carts")
    assert rows[0]["address"] == {
        "city": "Rom", "zip": 1234, "geo": {"lat": Decimal("41.902782")},
    }  # fmt: skip
    assert [line["price"] for line in rows[0]["lines"]] == [
        Decimal("1.10"), Decimal("12345678.90"),
    ]  # fmt: skip
    assert [row["tags"] for row in rows] == [["x", None], []]
    for dataset in ("orders", "carts"):
        assert reasons(platform, dataset) == REASONS
    again = "\n".join(RECORDS).replace("41.902782", "41.90278200").replace('"x",null', '"y"')
    platform.land("orders/second.jsonl", again.encode())
    platform.land("carts/second.jsonl", again.encode())
    run = weir(changed.project, platform, "run")["datasets"]
    assert (run["orders"]["engine"], run["carts"]["engine"]) == ("duckdb", "spark")
    for dataset in ("orders", "carts"):
        assert (run[dataset]["updated"], run[dataset]["duplicate"]) == (1, 1)
    assert silver(platform, "orders") == silver(platform, "carts")
    assert platform.sql("select order_id, city, lat from gold.places order by 1") == [
        {"order_id": 1, "city": "Rom", "lat": "41.902782"},
        {"order_id": 2, "city": None, "lat": None},
    ]
    assert platform.sql("select place, sku, price from gold.order_lines order by 1") == [
        {"place": 0, "sku": "a", "price": "1.10"},
        {"place": 1, "sku": "b", "price": "12345678.90"},
    ]
    drift = platform.target.ledger.drift_notes("orders")
    assert [(note.kind, note.column) for note in drift] == [("within", "address.country")]


def silver(platform: Platform, dataset: str) -> list[dict[str, Any]]:
    found = platform.table(f"silver.{dataset}").sort_by("order_id").to_pylist()
    return [{k: v for k, v in row.items() if not k.startswith("_")} for row in found]


def reasons(platform: Platform, dataset: str) -> dict[int, list[str]]:
    """Order -> what is told of it, of the first file."""
    found = platform.table("quarantine.records", where=f"dataset = '{dataset}'").to_pylist()
    return {int(json.loads(row["record"])["order_id"]): json.loads(row["reasons"]) for row in found}
