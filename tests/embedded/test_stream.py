"""A day of FoodMart streamed: seen within two minutes, each record counted once, apart from sales.

Runs after the other tests of the shared platform by its name; it looks at its own dataset.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from cli.tools import Tools
from dataplatform.naming import landing_prefix, rejected_prefix
from embedded_aws.samples.foodmart import Foodmart
from tests.embedded.harness import Platform, assert_balanced, wait_until

pytestmark = pytest.mark.embedded

DAY = "1997-07-15"
MALFORMED = (b"not an event", b"[1, 2]", b"caf\xe9")
"""What the transform refuses: it lands apart."""

BROKEN = (
    b'{"event_id": "x", "sold_at": "1997-07-15T10:00:00Z", "product_id": 1, "customer_id": 1,'
    b' "promotion_id": 0, "store_id": 1, "unit_sales": 0, "store_sales": 1, "store_cost": 1}',
    b"{}",
)
"""What the transform lets pass and the contract refuses."""

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


def delivered(platform: Platform) -> set[str]:
    """What Firehose has put into landing: good and rejected."""
    s3, bucket = platform.client("s3"), platform.target.output("LandingBucket")
    prefixes = (landing_prefix("pos_sales"), rejected_prefix("pos_sales"))
    pages = [s3.list_objects_v2(Bucket=bucket, Prefix=prefix) for prefix in prefixes]
    return {found["Key"] for page in pages for found in page.get("Contents", [])}


def wait_for_events(platform: Platform, good: int, bad: int) -> dict[str, Any]:
    """The live view, once it has all of them: they may come in several objects.

    It is asked when there is another object, not all the time: each look starts a process.
    """
    seen: dict[str, Any] = {}
    looked_at: set[str] = set()

    def complete() -> bool:
        if (there := delivered(platform)) == looked_at:
            return False
        looked_at.update(there)
        (view,) = platform.json("live")
        seen.update(view)
        return (seen["events"], seen["repeated"], seen["unusable"]) == (good, good, bad)

    wait_until(complete, 150, "the events in the live view")
    return seen


def test_a_replayed_day_is_seen_within_two_minutes_and_every_record_counts_once(
    platform: Platform,
) -> None:
    began = time.monotonic()
    good = platform.json("samples", "replay", "--day", DAY)["events"]
    assert platform.json("samples", "replay", "--day", DAY)["events"] == good
    stream = platform.target.names.stream("pos_sales")
    firehose = platform.client("firehose")
    records = [{"Data": data} for data in (*MALFORMED, *BROKEN)]
    answer = firehose.put_record_batch(DeliveryStreamName=stream, Records=records)
    assert answer["FailedPutCount"] == 0
    bad, put = len(records), 2 * good + len(records)
    seen = wait_for_events(platform, good, bad)
    seconds = time.monotonic() - began
    print(f"live view {seconds:.0f} s after the first event; {json.dumps(seen)}")
    assert seconds <= 120
    # The view was read at once, so what Firehose received last is as old as the test has waited.
    assert 0 < seen["newest_age_seconds"] <= seconds
    assert seen["newest_age_seconds"] > 30, "stamped when it was put, not when it was delivered"
    assert (seen["repeated"], seen["unusable"]) == (good, bad)
    assert seen["reasons"] == {
        "not JSON": 1,
        "not a JSON object but an array": 1,
        "not UTF-8 at byte 3": 1,
        "unit_sales not above 0": 1,
        "missing event_id": 1,
    }
    regions = {
        row["sales_region"]: (row["unit_sales"], Decimal(row["store_sales"]), row["events"])
        for row in seen["rows"]
    }
    assert regions == _truth()

    fact, sales = platform.table("gold.fact_sales").num_rows, platform.totals("sales")
    platform.weir("run", "pos_sales")
    books = platform.totals("pos_sales")
    assert_balanced(books)
    assert (books["source"], books["live"]) == (put, good)
    assert (books["duplicate"], books["quarantined"]) == (good, bad)
    assert platform.table("silver.pos_sales").num_rows == good
    assert platform.table("gold.fact_sales").num_rows == fact, "events never become facts"
    assert platform.totals("sales") == sales


def test_records_that_are_no_events_are_quarantined_as_they_were_put(platform: Platform) -> None:
    rows = platform.table("quarantine.records", where="dataset = 'pos_sales'").to_pylist()
    apart = [row for row in rows if row["object"].startswith(rejected_prefix("pos_sales"))]
    assert {json.loads(row["record"]) for row in apart} == {"not an event", "[1, 2]", r"caf\xe9"}
    for row in apart:
        found, aside = json.loads(row["reasons"])
        assert found.startswith("not ")
        assert "Lambda.ProcessingFailedStatus" in aside
    unclaimed = platform.json("status")["unclaimed"]
    assert not [key for key in unclaimed if key.startswith("pos_sales")]
    assert len(rows) == len(MALFORMED) + len(BROKEN)
