"""A column that the contract forgot comes back: a backfill finds its values in `_extra`."""

from __future__ import annotations

import json

import pytest

from dataplatform.plans.model import SilverPlan
from tests.unit.support.backfills import backfilled, contents, in_quarantine
from tests.unit.support.contracts import spoiled
from tests.unit.support.merges import Shop, orders, shops

STATE = "      - name: state\n"
CHANNEL = """      - name: channel
        physicalName: Sales Channel
        logicalType: string
        enum:
          - value: web
          - value: shop
"""
WEIGHT = """      - name: weight
        logicalType: number
        physicalType: DECIMAL(38,18)
"""
HEADER = "order_id,amount,email,state,changed_at,Sales Channel,weight,till\n"
NAMES = HEADER.strip().split(",")
LINES = {
    "a": "1,1,a@b,open,2026-01-01T00:00:00Z,web,0.123456789012345678,7\n"
    "2,500,a@b,open,2026-01-01T00:00:00Z,shop,2,7\n"
    "3,1,a@b,open,2026-01-01T00:00:00Z,phone,3,7\n"
    "4,1,a@b,open,2026-01-01T00:00:00Z,,,\n",
    "b": "1,1,a@b,closed,2026-01-02T00:00:00Z,shop,heavy,8\n"
    "5,1,a@b,open,2026-01-02T00:00:00Z,web,5.50,8\n",
}


def plan(format: str, *more: str) -> SilverPlan:
    return orders(
        spoiled((STATE, "".join(more) + STATE), ("    format: csv\n", f"    format: {format}\n"))
    )


def as_json(line: str) -> str:
    """The same record in JSON: a weight as a number, and no field for what is empty."""
    sent = {name: value for name, value in zip(NAMES, line.split(","), strict=True) if value}
    texts = {name: json.dumps(value) for name, value in sent.items()}
    if sent.get("weight", "x")[0].isdigit():
        texts["weight"] = sent["weight"]
    return "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}\n"


def body(format: str, name: str) -> bytes:
    lines = LINES[name].splitlines()
    text = HEADER + LINES[name] if format == "csv" else "".join(map(as_json, lines))
    return text.encode()


def land(shop: Shop, format: str, name: str) -> None:
    shop.merge(shop.staged_objects([shop.lake.land(name, body(format, name), "orders")]))


@pytest.mark.parametrize("chunks", [1, 3])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_old_rows_get_the_column_as_in_a_clean_build(aws: None, format: str, chunks: int) -> None:
    known = plan(format, CHANNEL, WEIGHT)
    with shops(plan(format)) as shop:
        land(shop, format, "a")
        shop.evolve(known)
        land(shop, format, "b")
        assert shop.rows()[4]["channel"] is None
        counts = backfilled(shop, chunks=chunks)
        # 1 gets its older record, whose weight is a number; nothing else has a better one.
        assert (counts["quarantined"], counts["deleted"], counts["updated"]) == (1, 1, 1)
        found = contents(shop.rows()), in_quarantine(shop)
        assert shop.ledger.totals("orders").balanced
        again = backfilled(shop, chunks=chunks)
        assert again["keys"] == again["kept"] + again.get("absent", 0)
    with shops(known) as clean:
        land(clean, format, "a")
        land(clean, format, "b")
        assert found == (contents(clean.rows()), in_quarantine(clean))
    rows, quarantined = found
    assert {key: row["channel"] for key, row in rows.items()} == {1: "web", 4: None, 5: "web"}
    assert str(rows[1]["weight"]) == "0.123456789012345678"
    assert quarantined == [("orders/a", 2), ("orders/a", 3), ("orders/b", 1)]
