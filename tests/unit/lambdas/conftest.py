from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dataplatform.adapters.plans import load_plan
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, Outcomes
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LedgerSettings
from lambdas.runtime import ledger_at
from tests.unit.support.ledgers import landed


@dataclass
class States:
    """Step Functions, as far as the functions call it."""

    status: dict[str, str] = field(default_factory=dict)
    started: list[dict[str, Any]] = field(default_factory=list)

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        if executionArn not in self.status:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist", "Message": ""}}, "x")
        return {"status": self.status[executionArn]}

    def start_execution(self, **arguments: Any) -> dict[str, str]:
        self.started.append(arguments)
        return {"executionArn": f"arn:started:{len(self.started)}"}


@pytest.fixture
def states() -> States:
    return States()


@dataclass
class Context:
    """Lambda's context; `left` is milliseconds."""

    left: int = 900_000
    function_name: str = "f"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:f"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return self.left


def deploy(monkeypatch: pytest.MonkeyPatch, plan: PlatformPlan, *settings: LedgerSettings) -> None:
    """What a stack leaves a function: its environment, and the plan where that says."""
    s3 = boto3.client("s3")
    for each in settings:
        for name, value in each.to_environment().items():
            monkeypatch.setenv(name, value)
        bucket, _, key = each.plans_uri.removeprefix("s3://").partition("/")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=plan.to_json())
    for cached in (load_plan, ledger_at):
        cached.cache_clear()


def staged(ledger: Ledger, run_id: str, dataset: str, rows: int = 4) -> Batch:
    """A staged batch of one object."""
    ledger.register_object(landed(f"{run_id}-{dataset}", dataset=dataset))
    batch = ledger.open_batch(run_id, dataset, ledger.due_objects(dataset))
    ledger.batch_staged(batch.batch_id, source=rows, unreadable=0, rows=rows)
    return ledger.batch(batch.batch_id)


def published(ledger: Ledger, run_id: str, dataset: str, rows: int = 4, *, bad: int = 0) -> Batch:
    """A published batch, all of it inserted but for `bad` records."""
    return publish(ledger, staged(ledger, run_id, dataset, rows), bad=bad)


def publish(ledger: Ledger, batch: Batch, *, bad: int = 0) -> Batch:
    """Publish a staged batch, all of it inserted but for `bad` records."""
    good = batch.source - bad
    ledger.publish_batch(
        batch.batch_id,
        Outcomes(inserted=good, quarantined=bad),
        sequence=ledger.next_sequence(batch.dataset),
        live=ledger.totals(batch.dataset).live + good,
    )
    return ledger.batch(batch.batch_id)
