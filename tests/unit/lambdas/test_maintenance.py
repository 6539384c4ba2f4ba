"""The maintenance's functions over moto: what they do to tables, and what they leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from dataplatform.adapters.iceberg import rewrite
from dataplatform.adapters.iceberg.rewrite import Files
from dataplatform.adapters.iceberg.tables import committed, open_table
from dataplatform.errors import InvalidRunInput
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, ChunkCall, JobRun
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.ledger.records import Lease, table_lease
from dataplatform.maintenance.leases import lease_of
from dataplatform.naming import changes_table
from dataplatform.settings import MaintenanceSettings
from lambdas.close_maintenance.handler import handler as close
from lambdas.close_maintenance.logic import MaintenanceFailed
from lambdas.maintain_table import logic
from lambdas.maintain_table.handler import handler as maintain
from lambdas.maintain_table.logic import Caretaker, patience_with
from lambdas.maintain_table.needs import needs_of
from lambdas.plan_maintenance.handler import handler as plan
from tests.unit.lambdas.conftest import Context, deploy
from tests.unit.support.clocks import sleeping
from tests.unit.support.lakes import LAKE, Lake, lakes, plan_of, stores
from tests.unit.support.ledgers import built, create_table
from tests.unit.support.plans import model
from tests.unit.support.small_batches import append, publish

SILVER = stores().silver_table
BATCHES = 25
RUN = "maintenance-1"


@pytest.fixture
def lake(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    with lakes() as lake:
        create_table(LAKE.ledger_table)
        fields = {name: getattr(LAKE, name) for name in LAKE.__dataclass_fields__}
        own = {"delete_orphans": "false", "delete_replayed": "false", "glue_joins": "false"}
        deploy(monkeypatch, plan_of(), MaintenanceSettings(**fields, **own))
        lake.migrate(plan_of())
        yield lake


@pytest.fixture
def books(lake: Lake) -> Ledger:
    return Ledger(boto3.resource("dynamodb").Table(LAKE.ledger_table))


@pytest.fixture
def busy(lake: Lake) -> Lake:
    for number in range(BATCHES):
        publish(SILVER, number)
    return lake


def tended(
    lake: Lake,
    books: Ledger,
    *,
    days: int = 8,
    deletes: bool = False,
    joined_by_glue: bool = False,
    patience: float = 0,
) -> TableMaintenance:
    """What the function does so many days from now."""
    return Caretaker(
        ledger=books,
        plan=plan_of(),
        s3=lake.s3,
        run=RUN,
        owner=f"maintenance/{RUN}/1",
        deletes=deletes,
        removes=False,
        joined_by_glue=joined_by_glue,
        now=datetime.now(UTC) + timedelta(days=days),
        patience=lambda writer: patience,
    ).maintain(SILVER)


def test_a_table_of_many_small_batches_is_as_one_written_at_once(busy: Lake, books: Ledger) -> None:
    before = sorted(row["store_id"] for row in busy.rows(SILVER))
    answer = maintain({"run": RUN, "table": SILVER}, Context())
    assert answer == {"table": SILVER, "state": "done"}
    (noted,) = books.maintenance(RUN)
    assert (noted.files_before, noted.files, noted.joined) == (BATCHES, 1, BATCHES)
    assert (noted.manifests_before, noted.manifests) == (BATCHES, 1)
    assert (noted.rows, noted.orphans, noted.forgotten) == (2 * BATCHES, 0, 0)
    assert sorted(row["store_id"] for row in busy.rows(SILVER)) == before


def test_files_that_glue_joins_are_left_to_it_and_all_else_is_done(
    busy: Lake, books: Ledger
) -> None:
    done = tended(busy, books, joined_by_glue=True)
    assert (done.state, done.joined, done.files) == ("done", 0, BATCHES)
    assert (done.manifests_before, done.manifests) == (BATCHES, 1)
    assert done.forgotten > 0


def test_a_batch_that_nobody_told_the_ledger_of_survives_joining_and_forgetting(
    busy: Lake, books: Ledger
) -> None:
    landed = busy.land("a.csv", b"x")
    books.register_object(landed)
    batch = books.open_batch("run-1", "stores", [landed])
    append(SILVER, batch.batch_id, [{"store_id": 7}], None, **{"weir.outcomes": "{}"})
    for number in range(BATCHES, 2 * BATCHES):
        publish(SILVER, number)
    done = tended(busy, books)
    assert done.forgotten == BATCHES
    assert committed(open_table(SILVER), batch.batch_id) is not None


def test_a_batch_that_the_writer_waited_for_has_left_survives_forgetting(
    busy: Lake, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had the table's lease, committed, and was killed before it told the ledger."""
    alone, batches = Caretaker._alone, []

    def later(self: Caretaker, name: str) -> Any:
        landed = busy.land("a.csv", b"x")
        books.register_object(landed)
        batches.append(books.open_batch("run-1", "stores", [landed]).batch_id)
        append(SILVER, batches[0], [{"store_id": 7}], None, **{"weir.outcomes": "{}"})
        for number in range(BATCHES, 2 * BATCHES):
            publish(SILVER, number)
        return alone(self, name)

    monkeypatch.setattr(Caretaker, "_alone", later)
    assert tended(busy, books).forgotten == BATCHES
    assert committed(open_table(SILVER), batches[0]) is not None


def test_without_anybody_asking_the_past_is_forgotten_but_for_the_newest(
    busy: Lake, books: Ledger
) -> None:
    # The join's own two commits are among the 20 that stay.
    assert tended(busy, books).forgotten == BATCHES + 2 - 20


def test_history_stays_as_far_back_as_a_model_has_read(busy: Lake, books: Ledger) -> None:
    reads = plan_of()
    gold = model("fact", "stores")
    reads = replace(reads, models=(replace(gold, incremental="stores"),))
    assert needs_of(books, reads, SILVER).sequence is None
    built(books, "fact", "r", sequences={"stores": 3})
    assert needs_of(books, reads, SILVER).sequence == 3
    assert needs_of(books, reads, changes_table(gold.table)).exports
    assert not needs_of(books, reads, gold.table).exports
    assert lease_of(reads, changes_table(gold.table)) == table_lease(gold.table)


def test_history_stays_as_far_back_as_a_model_has_read_new_rows_of_another(
    lake: Lake, books: Ledger
) -> None:
    fact = model("fact", "stores")
    total = replace(model("total", models=("fact",)), incremental="gold.fact")
    reads = replace(plan_of(), models=(fact, total))
    built(books, "total", "r", sequences={"gold.fact": 7}, snapshot=9, export_uri="")
    assert needs_of(books, reads, fact.table).snapshots == {7}
    assert needs_of(books, reads, total.table).snapshots == frozenset()


def test_a_table_that_a_writer_has_is_left_to_the_next_run(busy: Lake, books: Ledger) -> None:
    books.acquire_lease(table_lease(SILVER), "weir-dev-silver/jr_1", 600)
    done = tended(busy, books)
    assert done.state == "skipped" and "weir-dev-silver/jr_1" in done.detail
    assert busy.snapshots(SILVER) == BATCHES
    assert close({"run": RUN, "final": True}, Context()) == {"run": RUN, "spark": False}


def test_a_writer_that_comes_while_files_are_joined_has_its_way(
    busy: Lake, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = rewrite.join

    def join(*arguments: Any) -> Any:
        books.acquire_lease(table_lease(SILVER), "weir-dev-silver/jr_1", 600)
        return original(*arguments)

    monkeypatch.setattr(rewrite, "join", join)
    assert tended(busy, books).state == "skipped"
    assert busy.snapshots(SILVER) == BATCHES


def test_a_writer_that_is_done_soon_is_waited_for(
    busy: Lake, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = books.acquire_lease(table_lease(SILVER), "a writer", 600)

    def sleep(seconds: float) -> None:
        books.release_lease(held.name, held.owner, token=held.token)

    sleeping(monkeypatch, "lambdas.maintain_table.logic", sleep)
    assert tended(busy, books, patience=60).state == "done"


def test_a_call_ends_soon_and_a_job_may_not() -> None:
    def seconds(owner: object) -> float:
        return patience_with(Lease(name="t", owner=str(owner), token=1, until=9_999, note=""))

    assert seconds(Call("run", "sales", "1")) == seconds(ChunkCall("backfill-sales", 3, "1"))
    assert seconds(JobRun("weir-dev-silver", "jr_1")) < seconds(Call("run", "sales", "1"))


def test_a_table_with_nothing_to_do_takes_no_lease(lake: Lake, books: Ledger) -> None:
    publish(SILVER, 1)
    books.acquire_lease(table_lease(SILVER), "a writer", 600)
    assert tended(lake, books).state == "done"


def test_the_lease_is_free_afterwards(busy: Lake, books: Ledger) -> None:
    tended(busy, books)
    assert books.lease_holder(table_lease(SILVER)) is None


def test_orphans_are_counted_and_go_only_where_the_stage_says_so(busy: Lake, books: Ledger) -> None:
    busy.s3.put_object(Bucket="silver", Key="stores/data/left.parquet", Body=b"rows")
    young = tended(busy, books, days=2, deletes=True)
    assert (young.orphans, young.deleted) == (0, 0), "a writer may still commit it"
    counted = tended(busy, books)
    assert counted.orphans >= 1 and counted.deleted == 0
    gone = tended(busy, books, deletes=True)
    assert gone.deleted == gone.orphans >= 1
    assert tended(busy, books).orphans == 0
    assert len(busy.rows(SILVER)) == 2 * BATCHES


def test_more_than_a_function_can_join_is_left_to_spark(
    busy: Lake, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logic, "FUNCTION_BYTES", 1)
    done = tended(busy, books)
    assert (done.state, done.files) == ("spark", BATCHES)
    assert done.forgotten > 0, "what doesn't read rows is done all the same"
    assert close({"run": RUN, "final": False}, Context()) == {"run": RUN, "spark": True}
    with pytest.raises(MaintenanceFailed):
        close({"run": RUN, "final": True}, Context())


def test_a_table_with_merge_on_read_deletes_is_left_to_spark(
    busy: Lake, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "has_row_deletes", True)
    done = tended(busy, books)
    assert (done.state, done.joined, done.files) == ("spark", 0, BATCHES)


def test_a_table_that_fails_is_told_at_the_end_and_alone(lake: Lake, books: Ledger) -> None:
    for table in (SILVER, "weir_dev_silver.gone"):
        maintain({"run": RUN, "table": table}, Context())
    assert {each.table: each.state for each in books.maintenance(RUN)} == {
        SILVER: "done",
        "weir_dev_silver.gone": "failed",
    }
    with pytest.raises(MaintenanceFailed, match="TableMissing"):
        close({"run": RUN, "final": True}, Context())
    paid = [used.subject for used in books.usage(RUN)]
    assert paid == [SILVER, "weir_dev_silver.gone", ""], "each call is noted, failed ones too"


def test_a_function_that_died_is_not_taken_for_success(books: Ledger) -> None:
    books.note_maintenance(TableMaintenance(run=RUN, table=SILVER, state="started"))
    with pytest.raises(MaintenanceFailed, match="out of time or memory"):
        close({"run": RUN, "final": True}, Context())


def test_all_tables_of_the_plan_are_looked_after(lake: Lake) -> None:
    planned = plan({"input": {}, "run": RUN}, Context())
    assert {item["table"] for item in planned["tables"]} == {
        "weir_dev_bronze.stores",
        SILVER,
        "weir_dev_quarantine.records",
        "weir_dev_gold.dim_store",
        "weir_dev_gold.dim_store__changes",
    }


def test_only_what_is_asked_for_is_looked_after(lake: Lake) -> None:
    planned = plan({"input": {"tables": ["silver.stores"]}, "run": RUN}, Context())
    assert planned == {"run": RUN, "tables": [{"run": RUN, "table": SILVER}]}


@pytest.mark.parametrize("raw", [{"tables": ["silver.store"]}, {"table": []}, [1], {"tables": 1}])
def test_what_is_no_table_is_refused_with_what_it_may_mean(lake: Lake, raw: Any) -> None:
    with pytest.raises(InvalidRunInput) as caught:
        plan({"input": raw, "run": RUN}, Context())
    if raw == {"tables": ["silver.store"]}:
        assert 'Did you mean "silver.stores"?' in str(caught.value)
