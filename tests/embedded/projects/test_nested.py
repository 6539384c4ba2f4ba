"""Objects and arrays through the whole platform: the same rows by DuckDB and by Spark."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced
from tests.embedded.projects.copies import copied, synthesis_kept
from tests.embedded.projects.test_new_dataset import weir
from tests.unit.support.nested import NESTED, nested

pytestmark = pytest.mark.embedded

CARTS = nested(
    ("  - name: orders", "  - name: carts"),
    ("landing/orders/", "landing/carts/"),
    (
        "    customProperties:\n",
        "    customProperties:\n      - {property: engine, value: spark}\n",
    ),
)
PLACES = """\
-- key: order_id
-- incremental: orders
SELECT o.order_id, o.address.city AS city, o.address.geo.lat AS lat FROM silver.orders AS o
"""
LINES = """\
-- key: order_id, place
-- engine: spark
SELECT o.order_id, CAST(l.place AS INT) AS place, CAST(l.line.sku AS STRING) AS sku,
CAST(l.line.price AS DECIMAL(10,2)) AS price
FROM silver.orders AS o LATERAL VIEW POSEXPLODE(o.lines) l AS place, line
"""
RECORDS = (
    '{"order_id":1,"changed_at":"2026-11-01T10:00:00Z","address":{"City":"Rom","zip":1234,'
    '"geo":{"lat":41.902782},"country":"IT"},"lines":[{"sku":"a","qty":1,"price":1.10},'
    '{"sku":"b","qty":"2","price":12345678.90}],"tags":["x",null]}',
    '{"order_id":2,"changed_at":"2026-11-01T10:00:00Z","address":null,"tags":[]}',
    '{"order_id":3,"changed_at":"2026-11-01T10:00:00Z","address":{"zip":"x"},'
    '"lines":[{"sku":"a","qty":1},{"qty":1.5},7]}',
    '{"order_id":4,"changed_at":"2026-11-01T10:00:00Z","lines":{"sku":"a"}}',
)
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
    platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "project").mkdir()
    project = copied(tmp_path / "project")
    files = {
        "contracts/shop/orders.odcs.yaml": NESTED,
        "contracts/shop/carts.odcs.yaml": CARTS,
        "models/shop/gold/places.sql": PLACES,
        "models/shop/gold/order_lines.sql": LINES,
        "samples/orders/first.jsonl": "\n".join(RECORDS),
        "samples/carts/first.jsonl": "\n".join(RECORDS),
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    with synthesis_kept(platform):
        assert weir(project, platform, "contracts", "check")["problems"] == []
        said = weir(project, platform, "up")["datasets"]
        for dataset in ("orders", "carts"):
            assert_balanced(said[dataset])
            assert (said[dataset]["inserted"], said[dataset]["quarantined"]) == (2, 2)
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
        said = weir(project, platform, "run")["datasets"]
        assert (said["orders"]["engine"], said["carts"]["engine"]) == ("duckdb", "spark")
        for dataset in ("orders", "carts"):
            assert (said[dataset]["updated"], said[dataset]["duplicate"]) == (1, 1)
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
    platform.json("up")  # what is deployed is the project as it is, for the tests that follow
    platform.reconnect()


def silver(platform: Platform, dataset: str) -> list[dict[str, Any]]:
    found = platform.table(f"silver.{dataset}").sort_by("order_id").to_pylist()
    return [{k: v for k, v in row.items() if not k.startswith("_")} for row in found]


def reasons(platform: Platform, dataset: str) -> dict[int, list[str]]:
    """Order -> what is told of it, of the first file."""
    found = platform.table("quarantine.records", where=f"dataset = '{dataset}'").to_pylist()
    return {int(json.loads(row["record"])["order_id"]): json.loads(row["reasons"]) for row in found}
