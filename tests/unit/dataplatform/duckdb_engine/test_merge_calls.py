"""What one merge asks for early, at once, or not at all."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from dataplatform.duckdb_engine import silver
from dataplatform.duckdb_engine.bronze import lay_bronze
from dataplatform.errors import LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call
from dataplatform.ledger.records import table_lease
from tests.unit.support.merges import Shop, order

_LONG = 60
"""Seconds after which a test fails that would wait for ever."""


class Killed(BaseException):
    """Ends an attempt where a signal would."""


def test_staged_rows_are_read_before_the_lease_is_held(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Ledger.acquire_lease
    read = threading.Event()

    def laying(*given: Any) -> int:
        needed = lay_bronze(*given)
        read.set()
        return needed

    def taking(self: Ledger, *given: Any, **more: Any) -> Any:
        assert read.wait(_LONG)
        return take(self, *given, **more)

    batch = shop.staged(order(1, 1))
    monkeypatch.setattr(silver, "lay_bronze", laying)
    monkeypatch.setattr(Ledger, "acquire_lease", taking)
    assert shop.merge(batch) == {"inserted": 1}


def test_who_has_no_lease_leaves_nothing_of_what_was_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    batch = shop.staged(order(1, 1))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    owner = str(Call("run-1", "orders", "another"))
    shop.ledger.acquire_lease(table_lease(shop.plan.silver_table), owner, _LONG)
    with pytest.raises(LeaseHeld):
        shop.merge(batch)
    assert list(tmp_path.iterdir()) == []


def test_of_batches_that_are_merged_in_part_the_others_are_read_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.staged(order(1, 1)), shop.staged(order(1, 2), order(2, 1))

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "publish_batch", killed)
        with pytest.raises(Killed):
            shop.merge(first)
    assert shop.merge(first, second, request="r2") == {"inserted": 2, "updated": 1}
    assert shop.ledger.batch(first.batch_id).outcomes.inserted == 1
    assert shop.ledger.batch(second.batch_id).outcomes.updated == 1
    assert shop.ledger.totals("orders").balanced


def test_the_books_and_the_lease_are_one_request(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    batch = shop.staged(order(2, 1))
    asked: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(self: BaseClient, operation: str, given: Any) -> Any:
        if self.meta.service_model.service_name == "dynamodb":
            asked.append(operation)
        return call(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    assert shop.merge(batch) == {"inserted": 1}
    assert asked[0] == "UpdateItem"
    assert asked[-1] == "TransactWriteItems"
    assert sorted(asked[1:-1]) == ["BatchGetItem", "PutItem", "Query", "Query", "UpdateItem"]
    assert shop.ledger.lease_holder(table_lease(shop.plan.silver_table)) is None
