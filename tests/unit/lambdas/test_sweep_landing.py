from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from dataplatform.ledger import Ledger
from dataplatform.settings import IngestSettings
from lambdas.register_object.logic import register
from lambdas.sweep_landing import handler as module
from lambdas.sweep_landing.logic import DAYS, MINUTES, sweep
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.lambdas.test_register_object import PLAN, event
from tests.unit.support.ledgers import TABLE

LATER = timedelta(hours=1)


@pytest.fixture
def s3(ledger: Ledger) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket="landing")
    client.put_bucket_versioning(Bucket="landing", VersioningConfiguration={"Status": "Enabled"})
    return client


def put(s3: Any, key: str, body: bytes = b"x") -> str:
    version: str = s3.put_object(Bucket="landing", Key=key, Body=body)["VersionId"]
    return version


def swept(ledger: Ledger, s3: Any, later: timedelta = LATER, **more: Any) -> dict[str, int]:
    now = datetime.now(UTC) + later
    return sweep(ledger, PLAN, s3, "landing", now=now, **more)


def test_what_no_event_told_of_becomes_due_as_its_event_would_have_made_it(
    ledger: Ledger, s3: Any
) -> None:
    versions = [put(s3, "products/a.csv", body) for body in (b"x", b"longer")]
    told = put(s3, "products/b.csv")
    register(ledger, PLAN, event("products/b.csv", version=told))
    assert swept(ledger, s3) == {"listed": 3, "looked_at": 3, "registered": 2}
    found = {o.version: o for o in ledger.due_objects("products")}
    assert set(found) == {*versions, told}, "an overwritten object has its records, too"
    assert [found[version].size for version in versions] == [1, 6]
    assert len(found[versions[0]].checksum) == 32
    assert swept(ledger, s3)["registered"] == 0


def test_an_event_that_comes_after_the_sweep_finds_its_object_known(
    ledger: Ledger, s3: Any
) -> None:
    version = put(s3, "products/a.csv")
    swept(ledger, s3)
    assert register(ledger, PLAN, event("products/a.csv", version=version)) == "seen"
    assert len(ledger.due_objects("products")) == 1


@pytest.mark.parametrize(
    ("age", "days", "looked_at"),
    [
        (timedelta(minutes=MINUTES - 1), DAYS, 0),
        (timedelta(minutes=MINUTES + 1), DAYS, 1),
        (timedelta(days=DAYS, hours=1), DAYS, 0),
        (timedelta(days=DAYS, hours=1), DAYS + 1, 1),
    ],
)
def test_the_young_are_left_to_their_events_and_the_old_to_whoever_asks(
    ledger: Ledger, s3: Any, age: timedelta, days: int, looked_at: int
) -> None:
    put(s3, "products/a.csv")
    assert swept(ledger, s3, age, days=days)["looked_at"] == looked_at


def test_what_others_register_or_nobody_needs_is_left_alone(ledger: Ledger, s3: Any) -> None:
    put(s3, "sales/api/1997-01-01/x.jsonl.gz")
    put(s3, "products/", b"")
    put(s3, "products/gone.csv")
    s3.delete_object(Bucket="landing", Key="products/gone.csv")
    put(s3, "unknown/a.csv")
    assert swept(ledger, s3) == {"listed": 4, "looked_at": 4, "registered": 2}
    assert [o.key for o in ledger.due_objects("products")] == ["products/gone.csv"]
    assert [o.key for o in ledger.unclaimed_objects()] == ["unknown/a.csv"]
    assert ledger.due_objects("sales") == []


def test_the_function_looks_back_as_far_as_it_is_told(
    ledger: Ledger, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, "products/a.csv")
    settings = {"stage": "dev", "ledger_table": TABLE, "plans_uri": "s3://plans/plan.json"}
    deploy(monkeypatch, PLAN, IngestSettings(**settings, landing_bucket="landing"))
    none = {"listed": 1, "looked_at": 0, "registered": 0}
    assert module.handler({}, Context()) == none
    all_of_it = {"listed": 1, "looked_at": 1, "registered": 1}
    assert module.handler({"minutes": -1}, Context()) == all_of_it
