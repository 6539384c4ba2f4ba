"""A refresh of an aggregate that is killed at any of its calls, or of which one fails: no row is
added twice, or lost."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ReadTimeoutError

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.records import table_lease
from dataplatform.naming import changes_table
from tests.unit.support.deaths import Death, Killed, dying, failing, requests
from tests.unit.support.golds import MODELS, TOTALS, GoldShop, plan_of

FAILURES = {
    **{"UpdateTable": (False, True), "TransactWriteItems": (False, True)},
    **{"UpdateItem": (True,), "PutItem": (False,)},
}
"""Requests that a later one relies on; and whether AWS had done them."""


def killed(shop: GoldShop, death: Death) -> bool:
    """Whether a build of the aggregate was killed so; a lease that it leaves is given back."""
    shop.run()
    builder = shop.builder()
    try:
        with dying(death):
            builder.build_due("totals")
    except Killed:
        name = table_lease(shop.plan.model("totals").table)
        if holder := shop.ledger.lease_holder(name):
            shop.ledger.release_lease(name, holder.owner)
        return True
    return False


def loaded(shop: GoldShop) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What the warehouse has once it has merged every export, by key."""
    table = open_table(changes_table(shop.plan.model("totals").table))
    merged: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for load in shop.ledger.pending_loads("totals"):
        key = load.export_uri.removeprefix("s3://gold/")
        body = json.loads(shop.lake.s3.get_object(Bucket="gold", Key=key)["Body"].read())
        for entry in body["entries"]:
            for row in pq.read_table(table.io.new_input(entry["url"]).open()).to_pylist():
                *values, _ = row.values()
                merged[tuple(values[:2])] = tuple(values)
    return merged


def test_a_killed_refresh_is_made_up_for(gold_shop: GoldShop, tmp_path: Path) -> None:
    shop = gold_shop
    shop.publish("carts", {1: ("closed", "1")})
    shop.publish("orders", {1: ("open", "1")})
    for name in MODELS:
        shop.build(name)
    for number in count(1):
        shop.publish("orders", {100 + number: (f"state {number}", f"{number}.5")})
        shop.build("fact")
        if not killed(shop, Death(number, done=number % 2 == 0)):
            break
        shop.build("totals")
    assert number > 18  # of them all nine files, both commits and what the ledger is told
    rows = shop.rows("totals")
    assert sorted(loaded(shop).values(), key=repr) == rows
    plain = TOTALS.replace("-- incremental: fact\n", "")
    shop.deploy(plan_of(tmp_path, {**MODELS, "fresh": plain}))
    shop.build("fresh")
    assert rows == shop.rows("fresh")


def test_a_refresh_of_which_one_request_fails_is_made_up_for(gold_shop: GoldShop) -> None:
    """Before AWS has done it or after, with what is asked to clean up after that."""
    shop, numbers = gold_shop, count(1)

    def more() -> None:
        number = next(numbers)
        shop.publish("orders", {number: (f"state {number % 3}", "1.5")})
        shop.build("fact")

    shop.publish("carts", {1: ("closed", "1")})
    for _ in range(2):
        more()
        with requests() as asked:
            shop.build("totals")
    lease = table_lease(shop.plan.model("totals").table)
    for request in asked:
        for done in FAILURES.get(request.operation, ()):
            more()
            with failing(request, done=done) as again, suppress(ReadTimeoutError):
                shop.build("totals")
            assert request in again
            assert shop.ledger.lease_holder(lease) is None
    shop.build("totals")
    published = next(numbers) - 1
    rows = shop.rows("totals")
    assert sum(row[3] for row in rows) == published
    assert sorted(loaded(shop).values(), key=repr) == rows
