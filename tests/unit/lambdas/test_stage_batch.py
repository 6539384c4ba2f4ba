from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dataplatform.errors import TooLarge, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, LandedObject
from lambdas.stage_batch import logic
from lambdas.stage_batch.handler import handler
from lambdas.stage_batch.logic import stage_batch
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.lakes import LAKE, Lake, csv_bytes, lakes, plan_of
from tests.unit.support.ledgers import create_table

GOOD = csv_bytes((1, "Bilbao", "", ""), (2, "Vigo", "", ""), ("short",))


@pytest.fixture
def lake(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    with lakes() as lake:
        create_table(LAKE.ledger_table)
        deploy(monkeypatch, plan_of(), LAKE)
        lake.migrate(plan_of())
        yield lake


@pytest.fixture
def books(lake: Lake) -> Ledger:
    return Ledger(boto3.resource("dynamodb").Table(LAKE.ledger_table))


def opened(books: Ledger, *objects: LandedObject) -> Batch:
    for landed in objects:
        books.register_object(landed)
    return books.open_batch("run-1", "stores", books.due_objects("stores"))


def staged(books: Ledger, lake: Lake, tmp_path: Path, batch: Batch, run_id: str = "run-1") -> Any:
    return stage_batch(
        books,
        plan_of(),
        lake.s3,
        run_id=run_id,
        batch_id=batch.batch_id,
        directory=tmp_path,
        limit=10**8,
    )


def test_the_state_machine_gets_counts_and_the_ledger_the_books(lake: Lake, books: Ledger) -> None:
    batch = opened(books, lake.land("a.csv", GOOD), lake.land("b.csv", b"nonsense\n"))
    answer = handler({"run_id": "run-1", "batch_id": batch.batch_id}, Context())
    assert answer == {"batch_id": batch.batch_id, "source": 4, "unreadable": 2}
    noted = books.batch(batch.batch_id)
    assert (noted.state, noted.source, noted.rows, noted.unreadable) == ("staged", 4, 2, 2)
    steps = [(step.state, step.dataset, step.counts) for step in books.steps("run-1")]
    assert steps == [
        ("started", "stores", {}),
        ("done", "stores", {"source": 4, "rows": 2, "unreadable": 2}),
    ]


def test_a_batch_that_is_staged_answers_from_the_ledger(
    lake: Lake, books: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = opened(books, lake.land("a.csv", GOOD))
    first = staged(books, lake, tmp_path, batch)
    monkeypatch.setattr(logic, "stage", lambda *_, **__: pytest.fail("staged again"))
    assert staged(books, lake, tmp_path, batch) == first


def test_an_attempt_that_died_after_its_commit_is_not_repeated(
    lake: Lake, books: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = opened(books, lake.land("a.csv", GOOD))
    with monkeypatch.context() as dying:
        dying.setattr(books, "batch_staged", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            staged(books, lake, tmp_path, batch)
    assert books.batch(batch.batch_id).state == "claimed"
    assert staged(books, lake, tmp_path, batch)["source"] == 3
    assert len(lake.rows("weir_dev_bronze.stores")) == 2
    assert len(lake.rows("weir_dev_quarantine.records")) == 1


def test_a_straggler_of_a_dead_run_leaves_the_batch_to_its_new_run(
    lake: Lake, books: Ledger, tmp_path: Path
) -> None:
    batch = opened(books, lake.land("a.csv", GOOD))
    books.adopt_batch(batch.batch_id, "run-2")
    with pytest.raises(TransitionRefused, match="belongs to run run-2"):
        staged(books, lake, tmp_path, batch)
    assert staged(books, lake, tmp_path, batch, run_id="run-2")["source"] == 3


def test_what_the_memory_does_not_hold_is_sparks(
    lake: Lake, books: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    batch = opened(books, lake.land("a.csv", GOOD))
    monkeypatch.setattr(logic, "stage", full)
    with pytest.raises(TooLarge, match="out of memory"):
        staged(books, lake, tmp_path, batch)
    assert books.batch(batch.batch_id).state == "claimed"


def test_a_batch_that_was_left_to_spark_is_left_alone(
    lake: Lake, books: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = opened(books, lake.land("a.csv", GOOD))
    books.leave_batch_to_spark(batch.batch_id, "run-1", "out of time")
    monkeypatch.setattr(logic, "stage", lambda *_, **__: pytest.fail("staged by a function"))
    assert staged(books, lake, tmp_path, batch)["source"] == 0
    assert books.steps("run-1") == []
