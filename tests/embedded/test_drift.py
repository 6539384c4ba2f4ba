"""A file that isn't what its contract says: told, kept back where it can't be taken, never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced, wait_until
from tests.embedded.test_bad_input import csv, store

pytestmark = pytest.mark.embedded

WIDER = csv(store(9201) + ",yes", store(9202) + ",no").replace(b"florist", b"florist,parking")
RENAMED = csv(store(9203)).replace(b"store_name", b"title")
BEHIND = csv(store(9204))


@contextmanager
def told(platform: Platform) -> Iterator[list[tuple[str, str]]]:
    """What the operator is sent meanwhile, as (subject, text); complete at the end."""
    sqs, sns = platform.client("sqs"), platform.client("sns")
    topic = platform.target.output("AlertsTopicArn")
    queue = sqs.create_queue(QueueName="operator")["QueueUrl"]
    found_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = found_arn["Attributes"]["QueueArn"]
    letting_it_in = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [letting_it_in]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    found: list[tuple[str, str]] = []

    def drain() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            body = json.loads(message["Body"])
            found.append((body.get("Subject", ""), body["Message"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return bool(found)

    try:
        yield found
        wait_until(drain, 30, "the operator is told")
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=queue)


def of_stores(platform: Platform) -> list[dict[str, Any]]:
    waiting: list[dict[str, Any]] = platform.json("status")["waiting"]
    return [found for found in waiting if found["dataset"] == "stores"]


def test_a_new_column_goes_on_and_a_renamed_one_waits_until_a_person_has_looked(
    platform: Platform,
) -> None:
    before = platform.totals("stores")

    platform.land("stores/wider.csv", WIDER)
    with told(platform) as additive:
        run = platform.json("run", "stores")
    assert run["datasets"]["stores"]["inserted"] == 2
    assert run["waiting"] == []
    ((subject, text),) = additive
    assert subject == 'Weir dev: stores: new column "parking" (boolean)'
    assert "./weir contracts propose stores" in text
    rows = platform.table("bronze.stores", where="_object = 'stores/wider.csv'").to_pylist()
    assert [json.loads(row["_extra"]) for row in rows] == [{"parking": "yes"}, {"parking": "no"}]
    (note,) = [note for note in platform.json("status")["drift"] if note["dataset"] == "stores"]
    assert (note["column"], note["breaking"], note["objects"]) == ("parking", False, 1)

    snapshots = platform.snapshots()
    platform.land("stores/renamed.csv", RENAMED)
    with told(platform) as breaking:
        said = platform.fails("run", "stores", code=3)
    why = 'column store_name is missing; "title" looks like it'
    assert "stores/renamed.csv (" in said and ") waits since " in said
    assert why in said
    ((subject, text),) = breaking
    assert why in subject
    assert "./weir run stores --accept" in text
    platform.land("stores/behind.csv", BEHIND)
    platform.fails("run", "stores", code=3)
    assert [(w["object"], w["why"]) for w in of_stores(platform)] == [("stores/renamed.csv", why)]
    assert "1 object (" in (said := platform.weir("status").stdout)
    assert ") waits behind stores/renamed.csv, since " in said
    assert platform.snapshots() == snapshots, "gold stands still"
    quarantined = platform.table("quarantine.records", where="object = 'stores/renamed.csv'")
    assert quarantined.num_rows == 0

    run = platform.json("run", "stores", "--accept")
    assert of_stores(platform) == [] == run["waiting"]
    assert run["datasets"]["stores"]["quarantined"] == 1, "as it is, it can't be read"
    assert run["datasets"]["stores"]["inserted"] == 1, "what came behind it"
    after = platform.totals("stores")
    assert_balanced(after)
    assert after["source"] == before["source"] + 2 + 2
