"""A ledger over moto's DynamoDB, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import LandedObject

TABLE = "ledger"


def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No account and no endpoint but moto's."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


class Clock:
    """Epoch seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = datetime(2026, 11, 21, 10, 0, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds


def create_table(name: str = TABLE) -> None:
    boto3.resource("dynamodb").create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def ledgers() -> Iterator[tuple[Ledger, Clock]]:
    """A ledger in an empty account."""
    clock = Clock()
    with mock_aws():
        create_table()
        table = boto3.resource("dynamodb").Table(TABLE)
        yield Ledger(table, clock=clock, sleep=clock.forward), clock


def landed(
    name: str = "a.csv",
    *,
    dataset: str = "products",
    version: str = "v1",
    size: int = 100,
    at: str = "2026-11-21T09:00:00Z",
    folder: str = "",
) -> LandedObject:
    return LandedObject(
        dataset=dataset,
        bucket="landing",
        key=f"{folder or dataset}/{name}",
        version=version,
        size=size,
        checksum=f"etag-{name}",
        arrived_at=at,
    )


def built(ledger: Ledger, model: str, run_id: str, **said: Any) -> bool:
    """What the gold job says of a model that it built: one row, if not told otherwise."""
    usual: dict[str, Any] = {
        "sequences": {},
        "snapshot": 1,
        "inserted": 1,
        "updated": 0,
        "deleted": 0,
        "rows": 1,
        "export_uri": f"s3://gold/{model}/{run_id}.manifest",
        "digest": "d",
        "before": ledger.model(model),
    }
    return ledger.model_built(model, run_id=run_id, **usual | said)
