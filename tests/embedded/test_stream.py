"""A day of FoodMart streamed: seen within two minutes, counted once, in the lake apart from sales.

Runs after the other tests of the shared platform by its name; it looks at its own dataset.
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from cli.tools import Tools
from embedded_aws.samples.foodmart import Foodmart
from tests.embedded.harness import Platform, assert_balanced, wait_until

pytestmark = pytest.mark.embedded

DAY = "1997-07-15"
MALFORMED = b"not an event"
_TRUTH = """
    SELECT r.sales_region, s.unit_sales, s.store_sales FROM sales_fact_1997 AS s
    JOIN time_by_day AS d USING (time_id) JOIN store AS t USING (store_id)
    JOIN region AS r USING (region_id) WHERE d.the_date LIKE ?
"""
Regions = dict[str, tuple[int, Decimal, int]]


def _truth() -> Regions:
    """The day by region, from FoodMart itself: units, sales, lines."""
    tools = Tools.load()
    with closing(Foodmart.open(tools.path("foodmart"), tools.path("cache")).connect()) as db:
        lines = db.execute(_TRUTH, (f"{DAY}%",)).fetchall()
    found: Regions = {}
    for region, units, sales in lines:
        before = found.get(region, (0, Decimal(0), 0))
        found[region] = (before[0] + int(Decimal(units)), before[1] + Decimal(sales), before[2] + 1)
    return {region: (u, s.quantize(Decimal("0.01")), n) for region, (u, s, n) in found.items()}


def _live(platform: Platform) -> dict[str, Any]:
    (view,) = platform.json("live")
    return dict(view)


def test_a_replayed_day_is_seen_within_two_minutes_and_counted_once(platform: Platform) -> None:
    began = time.monotonic()
    sent = platform.json("samples", "replay", "--day", DAY)["events"]
    assert platform.json("samples", "replay", "--day", DAY)["events"] == sent
    stream = platform.target.names.stream("pos_sales")
    platform.client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": MALFORMED})
    wait_until(lambda: _live(platform)["events"] == sent, 120, "the events in the live view")
    seconds = time.monotonic() - began
    view = _live(platform)
    print(f"live view {seconds:.0f} s after the first event; {json.dumps(view)}")
    assert view["newest_age_seconds"] <= 120
    assert (view["repeated"], view["unusable"]) == (sent, 0)
    regions = {
        row["sales_region"]: (row["unit_sales"], Decimal(row["store_sales"]), row["events"])
        for row in view["rows"]
    }
    assert regions == _truth()

    fact, sales = platform.table("gold.fact_sales").num_rows, platform.totals("sales")
    platform.weir("run", "pos_sales")
    books = platform.totals("pos_sales")
    assert_balanced(books)
    assert (books["source"], books["live"], books["duplicate"]) == (2 * sent, sent, sent)
    assert platform.table("silver.pos_sales").num_rows == sent
    assert platform.table("gold.fact_sales").num_rows == fact, "events never become facts"
    assert platform.totals("sales") == sales


def test_a_record_that_is_no_event_is_kept_and_seen(platform: Platform) -> None:
    seen = platform.json("status")["unclaimed"]
    (key,) = [name for name in seen if name.startswith("pos_sales-rejected/")]
    bucket = platform.target.output("LandingBucket")
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    (document,) = [json.loads(line) for line in body.splitlines()]
    assert base64.b64decode(document["rawData"]) == MALFORMED
