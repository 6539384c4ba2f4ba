"""The silver job's wiring: which dataset when, under which lease, and what a failure touches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataplatform.auditing import held
from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.commits import Summary
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Outcomes, table_lease
from dataplatform.plans.model import SilverPlan
from glue_jobs import publication, silver, tables
from glue_jobs.runtime import Job
from tests.unit.glue_jobs.conftest import RUN
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

Published = Sequence[tables.Snapshot]

PLAN = platform(tuple(dataset(name) for name in ("big", "middle", "small")), ())


def staged(ledger: Ledger, name: str, size: int) -> Batch:
    """A batch of one record that waits for silver."""
    one = landed(dataset=name, size=size)
    ledger.register_object(one)
    batch = ledger.open_batch(RUN, name, [one])
    ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
    return batch


@pytest.fixture
def run(
    job: Callable[..., Job], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """Run the job over three staged datasets."""
    connected.open_run(RUN, "arn:execution", "{}")
    for name, size in (("small", 1), ("big", 900), ("middle", 50)):
        staged(connected, name, size)
        connected.choose_engine(RUN, name, "spark", "large batch")

    def of(at_once: int) -> None:
        monkeypatch.setattr(Job, "start", lambda: job(PLAN, at_once=at_once))
        silver.main()

    return of


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Datasets in the order in which they are begun; nothing of them is published."""
    found: list[str] = []

    def publish(job: Job, plan: SilverPlan, batches: Sequence[Batch]) -> Outcomes:
        found.append(plan.dataset)
        return Outcomes()

    monkeypatch.setattr(silver, "publish_dataset", publish)
    return found


def test_a_dataset_that_fails_beside_others_leaves_them_published(
    run: Callable[[int], None], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merge(
        job: Job, plan: SilverPlan, staged: Sequence[Batch], sequence: int, published: Published
    ) -> Merged:
        if plan.dataset == "middle":
            raise RuntimeError("out of luck")
        return _insert_all(job, plan, staged, sequence, published)

    _without_tables(monkeypatch, merge)
    run(3)
    states = {batch.dataset: batch.state for batch in connected.run_batches(RUN)}
    assert states == {"big": "published", "middle": "failed", "small": "published"}
    assert connected.failures(RUN) == {"middle": "RuntimeError: out of luck"}
    last = {step.dataset: step.state for step in connected.steps(RUN) if step.name == silver.STEP}
    assert last == {"big": "done", "middle": "failed", "small": "done"}
    assert connected.totals("big").sequence == 1


def test_a_dataset_that_is_held_stays_staged_beside_others_that_are_published(
    run: Callable[[int], None], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merge(
        job: Job, plan: SilverPlan, staged: Sequence[Batch], sequence: int, published: Published
    ) -> Merged:
        if plan.dataset == "middle":
            note = AuditNote(
                run_id=job.run_id, dataset="middle", state="held", batches=(), digest="d"
            )
            job.ledger.hold_dataset(note, "BatchHeld: row_count: 9 records; expected 1 to 3")
            raise held(note)
        return _insert_all(job, plan, staged, sequence, published)

    _without_tables(monkeypatch, merge)
    run(3)
    states = {batch.dataset: batch.state for batch in connected.run_batches(RUN)}
    assert states == {"big": "published", "middle": "staged", "small": "published"}
    assert connected.failures(RUN)["middle"].startswith("BatchHeld: row_count")
    assert list(connected.held()) == ["middle"]


def test_the_largest_dataset_begins_first(run: Callable[[int], None], begun: list[str]) -> None:
    run(1)
    assert begun == ["big", "middle", "small"]


def test_what_duckdb_takes_is_not_taken_twice(
    run: Callable[[int], None], connected: Ledger, begun: list[str]
) -> None:
    staged(connected, "functions", 1)
    connected.choose_engine(RUN, "functions", "duckdb", "1 B batch")
    staged(connected, "unchosen", 1)
    run(1)
    assert set(begun) == {"big", "middle", "small"}
    (used,) = connected.usage(RUN)
    assert (used.step, used.meter, used.size) == (silver.STEP, "glue", 2)


def test_a_tables_lease_is_taken_once_and_its_snapshots_are_listed_before_and_after(
    run: Callable[[int], None], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []

    def snapshots(spark: SparkSession, table: str) -> list[tables.Snapshot]:
        listed.append(table)
        holder = connected.lease_holder(table_lease(table))
        assert holder is not None
        assert holder.token == 1
        return []

    _without_tables(monkeypatch, _insert_all)
    monkeypatch.setattr(tables, "published_snapshots", snapshots)
    run(2)
    assert sorted(listed) == [
        f"silver.{name}" for name in ("big", "middle", "small") for _ in range(2)
    ]
    assert connected.acquire_lease(table_lease("silver.big"), "another", 60).token == 2


@pytest.mark.parametrize(
    ("table", "small"),
    [({"total-records": "10"}, True), ({"total-records": "11"}, False), ({}, False)],
)
def test_a_table_is_read_whole_where_it_holds_an_eighth_of_the_batches(
    table: Summary, small: bool
) -> None:
    assert publication._is_small(table, rows=80, among=0) is small
    more = {name: str(int(value) + 5) for name, value in table.items()}
    assert publication._is_small(more, rows=80, among=5) is small


def _insert_all(
    job: Job, plan: SilverPlan, staged: Sequence[Batch], sequence: int, published: Published
) -> Merged:
    counted = {batch.batch_id: Outcomes(inserted=1) for batch in staged}
    return Merged(counted=counted, sequence=sequence + 1)


def _without_tables(monkeypatch: pytest.MonkeyPatch, merge: Any) -> None:
    """The ledger's part alone: Iceberg's is tested where there is a catalogue."""
    monkeypatch.setattr(publication, "_merge", merge)
    monkeypatch.setattr(tables, "published_snapshots", lambda spark, table: [])
    monkeypatch.setattr(tables, "live_rows", lambda spark, table: 1)
