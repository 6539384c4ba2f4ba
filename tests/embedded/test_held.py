"""Ten times the usual volume is held, somebody is told the figures, and a person releases it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cli.screen import Exit
from tests.embedded.harness import Platform, assert_balanced

pytestmark = pytest.mark.embedded

_DATASET = "promotions"
_FIRST = 700_000
"""Above every promotion of the sample and of other tests."""


def test_ten_times_the_volume_is_held_told_and_released(platform: Platform) -> None:
    for run in range(5):
        land(platform, f"usual-{run}", _FIRST + 100 * run, 20)
        platform.json("run", _DATASET)
    silver, gold = platform.snapshot(f"silver.{_DATASET}"), platform.snapshot("gold.dim_promotion")
    before = platform.totals(_DATASET)

    land(platform, "tenfold", _FIRST + 10_000, 200)
    with alerts(platform) as received:
        said = platform.fails("run", _DATASET)
        message = received()
    assert "row_count: 200 records; expected" in said
    assert f"Weir dev: {_DATASET} is held" in message["Subject"]
    assert "row_count: 200 records; expected" in message["Message"]
    assert f"./weir run {_DATASET} --accept --stage dev" in message["Message"]
    assert platform.snapshot(f"silver.{_DATASET}") == silver
    assert platform.snapshot("gold.dim_promotion") == gold
    assert platform.totals(_DATASET) == before
    (held,) = platform.json("status")["held"]
    assert (held["dataset"], held["rows"]) == (_DATASET, 200)
    assert held["broken"][0]["name"] == "row_count"

    # What lands meanwhile waits: beside it, what is odd would look less so.
    land(platform, "later", _FIRST + 20_000, 20)
    done = platform.weir("run", _DATASET, check=False)
    assert done.returncode == Exit.DATA_WAITING, done.stdout + done.stderr
    assert f"./weir run {_DATASET} --accept" in done.stdout
    assert platform.snapshot(f"silver.{_DATASET}") == silver

    released = platform.json("run", _DATASET, "--accept")
    (audit,) = released["audits"]
    assert (audit["state"], audit["rows"], released["held"]) == ("accepted", 220, [])
    assert released["datasets"][_DATASET]["inserted"] == 220
    now = platform.totals(_DATASET)
    assert now["live"] == before["live"] + 220
    assert_balanced(now)
    assert platform.json("status")["held"] == []
    (counted,) = platform.sql(
        f"select count(*) as n from gold.dim_promotion where promotion_id >= {_FIRST}"
    )
    assert counted["n"] == 320


def land(platform: Platform, name: str, first: int, records: int) -> None:
    """A file of new promotions."""
    lines = [
        json.dumps({"promotion_id": n, "promotion_name": f"Sale {n}", "cost": "100.5"})
        for n in range(first, first + records)
    ]
    platform.land(f"{_DATASET}/{name}.jsonl", "\n".join(lines).encode() + b"\n")


@contextmanager
def alerts(platform: Platform) -> Iterator[Any]:
    """A queue that the topic of alerts feeds; called, it gives the first message about a hold."""
    sqs, sns = platform.client("sqs"), platform.client("sns")
    topic = platform.target.output("AlertsTopicArn")
    url = sqs.create_queue(QueueName="weir-test-alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"], ReturnSubscriptionArn=True
    )["SubscriptionArn"]

    def received() -> dict[str, Any]:
        for _ in range(6):
            answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                body: dict[str, Any] = json.loads(message["Body"])
                if "is held" in (body.get("Subject") or ""):
                    return body
        raise AssertionError("no alert came within a minute")

    try:
        yield received
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
