from __future__ import annotations

import json
from typing import Any

import pytest

from dataplatform.ledger import Ledger
from dataplatform.settings import LedgerSettings
from lambdas.register_object import handler as module
from lambdas.register_object.logic import register
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.ledgers import TABLE
from tests.unit.support.plans import dataset, platform

PLAN = platform((dataset("sales", "api"), dataset("products"), dataset("events", "kinesis")))


def event(key: str, *, version: str = "v1", size: int = 10) -> dict[str, Any]:
    return {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-11-21T10:00:00Z",
        "detail": {
            "bucket": {"name": "landing"},
            "object": {"key": key, "size": size, "etag": "e", "version-id": version},
            "reason": "PutObject",
        },
    }


def test_a_landed_object_becomes_due_once(ledger: Ledger) -> None:
    assert register(ledger, PLAN, event("products/2026/a b+c.csv")) == "registered"
    assert register(ledger, PLAN, event("products/2026/a b+c.csv")) == "seen"
    (landed,) = ledger.due_objects("products")
    assert (landed.key, landed.version, landed.size) == ("products/2026/a b+c.csv", "v1", 10)
    assert landed.arrived_at == "2026-11-21T10:00:00Z"


def test_what_a_stream_gave_up_on_is_its_datasets(ledger: Ledger) -> None:
    key = "events-rejected/processing-failed/2026/11/21/10/x"
    assert register(ledger, PLAN, event(key)) == "registered"
    assert [landed.key for landed in ledger.due_objects("events")] == [key]


@pytest.mark.parametrize("key", ["unknown/a.csv", "a.csv", "products-rejected/a.csv"])
def test_an_object_that_no_contract_claims_is_kept_visible(ledger: Ledger, key: str) -> None:
    assert register(ledger, PLAN, event(key)) == "unclaimed"
    assert [landed.key for landed in ledger.unclaimed_objects()] == [key]


def test_what_a_pull_lands_is_left_to_the_pull(ledger: Ledger) -> None:
    assert register(ledger, PLAN, event("sales/api/1997-01-01/x.jsonl.gz")) == "pulled"
    assert ledger.due_objects("sales") == []


def test_the_same_folder_of_a_dataset_of_files_is_not_special(ledger: Ledger) -> None:
    assert register(ledger, PLAN, event("products/api/x.csv")) == "registered"
    assert register(ledger, PLAN, event("sales/by-hand.jsonl")) == "registered"


def test_folders_made_in_a_console_and_other_events_are_passed_over(ledger: Ledger) -> None:
    assert register(ledger, PLAN, event("products/", size=0)) == "folder"
    deleted = {**event("products/a.csv"), "detail-type": "Object Deleted"}
    assert register(ledger, PLAN, deleted) == "ignored"
    assert ledger.due_datasets() == []


def test_a_bad_message_fails_alone(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LedgerSettings(stage="dev", ledger_table=TABLE, plans_uri="s3://plans/plan.json")
    deploy(monkeypatch, PLAN, settings)
    records = [
        {"messageId": "1", "body": json.dumps(event("products/a.csv"))},
        {"messageId": "2", "body": "no JSON"},
        {"messageId": "3", "body": json.dumps({"detail-type": "Object Created"})},
        {"messageId": "4", "body": json.dumps(event("products/b.csv"))},
    ]
    answer = module.handler({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert [o.key for o in ledger.due_objects("products")] != []
    assert len(ledger.due_objects("products")) == 2
