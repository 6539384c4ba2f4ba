"""A dataset's call: what it tells the ledger, and what it leaves to the state machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dataplatform.errors import AuditFailed, LeaseHeld, NotForThisEngine, TooLarge
from dataplatform.ledger.records import PIPELINE_LEASE
from lambdas.merge_silver import logic
from lambdas.merge_silver.handler import handler
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import SETTINGS, Shop, order, shops

EVENT = {"run_id": "run-1", "dataset": "orders"}


@pytest.fixture
def shop(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with shops() as shop:
        deploy(monkeypatch, plan_of(shop.plan), SETTINGS)
        shop.ledger.open_run("run-1", "arn:execution", "{}")
        yield shop


def steps(shop: Shop) -> list[tuple[str, dict[str, int]]]:
    found = shop.ledger.steps("run-1")
    return [(step.state, step.counts) for step in found if step.name == logic.STEP]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(logic, "merge_dataset", fail)


def test_what_the_run_has_staged_is_published_and_told(shop: Shop) -> None:
    first, second = shop.staged(order(1, 1)), shop.staged(order(2, 1), order("x", 1))
    assert handler(dict(EVENT), Context()) == EVENT
    assert {shop.ledger.batch(b.batch_id).state for b in (first, second)} == {"published"}
    counts = {"inserted": 2, "updated": 0, "deleted": 0, "duplicate": 0, "quarantined": 1}
    assert steps(shop) == [("started", {}), ("done", counts)]


def test_a_second_call_has_nothing_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.staged(order(1, 1))
    handler(dict(EVENT), Context())
    failing(monkeypatch, AssertionError("merged again"))
    assert handler(dict(EVENT), Context()) == EVENT
    assert len(steps(shop)) == 2


def test_a_late_retry_leaves_to_spark_what_was_handed_over(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = shop.staged(order(1, 1))
    shop.ledger.leave_to_spark("run-1", "orders", "out of memory")
    failing(monkeypatch, AssertionError("merged nevertheless"))
    handler(dict(EVENT), Context())
    assert shop.ledger.batch(batch.batch_id).state == "staged"


def test_a_dataset_that_fails_is_noted_and_the_run_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = shop.staged(order(1, 1))
    failing(monkeypatch, AuditFailed("two rows too many"))
    assert handler(dict(EVENT), Context()) == EVENT
    assert shop.ledger.failures("run-1") == {"orders": "AuditFailed: two rows too many"}
    assert shop.ledger.batch(batch.batch_id).state == "failed"
    assert [state for state, _ in steps(shop)] == ["started", "failed"]


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (TooLarge("no"), TooLarge),
        (MemoryError(), TooLarge),
        (NotForThisEngine("no"), NotForThisEngine),
        (LeaseHeld("no"), LeaseHeld),
    ],
)
def test_what_the_state_machine_deals_with_is_no_failure_of_the_dataset(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    seen: type[BaseException],
) -> None:
    batch = shop.staged(order(1, 1))
    failing(monkeypatch, error)
    with pytest.raises(seen):
        handler(dict(EVENT), Context())
    assert shop.ledger.failures("run-1") == {}
    assert shop.ledger.batch(batch.batch_id).state == "staged"


def test_the_pipelines_lease_is_renewed_meanwhile(shop: Shop) -> None:
    shop.staged(order(1, 1))
    handler(dict(EVENT), Context())
    holder = shop.ledger.lease_holder(PIPELINE_LEASE)
    assert holder is not None
    assert holder.owner == "run-1"
