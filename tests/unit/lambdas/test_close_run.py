from __future__ import annotations

import pytest

from dataplatform.errors import BooksUnbalanced, DatasetsFailed
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE, Outcomes
from lambdas.close_run.logic import close_run
from tests.unit.lambdas.conftest import published, staged
from tests.unit.support.ledgers import built
from tests.unit.support.plans import dataset, model, platform

PLAN = platform((dataset("sales"), dataset("stores")), (model("fact", "sales"),))


@pytest.fixture(autouse=True)
def running(ledger: Ledger) -> None:
    ledger.open_run("run", "arn:1", "{}")
    ledger.acquire_lease(PIPELINE_LEASE, "run", 60)


def test_balanced_books_end_the_run_well(ledger: Ledger) -> None:
    published(ledger, "run", "sales", rows=4)
    built(ledger, "fact", "run", inserted=4, rows=4)
    ledger.load_done("fact", "run", rows=4)
    assert close_run(ledger, PLAN, "run")["counts"]["inserted"] == 4
    assert ledger.run("run").state == "succeeded"
    assert ledger.lease_holder(PIPELINE_LEASE) is None
    assert close_run(ledger, PLAN, "run")  # a retry


def test_a_failed_dataset_fails_the_run_by_name_and_frees_the_pipeline(ledger: Ledger) -> None:
    published(ledger, "run", "sales")
    staged(ledger, "run", "stores")
    ledger.fail_dataset("run", "stores", "AnalysisException: no such column")
    with pytest.raises(DatasetsFailed, match="stores: AnalysisException: no such column") as caught:
        close_run(ledger, PLAN, "run")
    assert "1 of 2 datasets failed; the other one went through" in str(caught.value)
    assert ledger.run("run").state == "failed"
    assert "AnalysisException" in ledger.run("run").error
    assert ledger.steps("run")[-1].state == "failed"
    assert ledger.lease_holder(PIPELINE_LEASE) is None


def test_of_a_run_whose_only_dataset_failed_no_other_is_told(ledger: Ledger) -> None:
    staged(ledger, "run", "stores")
    ledger.fail_dataset("run", "stores", "AnalysisException: no such column")
    with pytest.raises(DatasetsFailed, match="The run was about no other dataset"):
        close_run(ledger, PLAN, "run")


def test_a_batch_without_outcomes_and_without_failure_unbalances_the_books(
    ledger: Ledger,
) -> None:
    batch = staged(ledger, "run", "stores")
    with pytest.raises(BooksUnbalanced, match=f"batch {batch.batch_id} is staged, not published"):
        close_run(ledger, PLAN, "run")
    assert ledger.run("run").state == "failed"


def test_a_table_that_lost_rows_unbalances_the_books(ledger: Ledger) -> None:
    batch = staged(ledger, "run", "sales", rows=4)
    ledger.publish_batch(batch.batch_id, Outcomes(inserted=4), sequence=1, live=3)
    with pytest.raises(BooksUnbalanced, match="sales: the silver table has 3 rows; inserted 4"):
        close_run(ledger, PLAN, "run")


def test_an_export_that_was_not_loaded_unbalances_the_books(ledger: Ledger) -> None:
    built(ledger, "fact", "run", inserted=4, rows=4)
    with pytest.raises(BooksUnbalanced, match="fact: 1 exports aren't in the warehouse"):
        close_run(ledger, PLAN, "run")


def test_a_warehouse_that_counts_otherwise_unbalances_the_books(ledger: Ledger) -> None:
    built(ledger, "fact", "run", inserted=4, rows=4)
    ledger.load_done("fact", "run", rows=3)
    with pytest.raises(BooksUnbalanced, match="fact: gold has 4 rows, the warehouse 3"):
        close_run(ledger, PLAN, "run")


def test_unbalanced_books_name_the_failed_datasets_too(ledger: Ledger) -> None:
    staged(ledger, "run", "sales")
    staged(ledger, "run", "stores")
    ledger.fail_dataset("run", "stores", "broke")
    with pytest.raises(BooksUnbalanced, match=r"sales: batch .* not published; stores failed"):
        close_run(ledger, PLAN, "run")


def test_a_model_that_left_the_platform_is_nobodys_concern(ledger: Ledger) -> None:
    built(ledger, "fact", "run", inserted=4, rows=4)
    assert close_run(ledger, platform((dataset("sales"),)), "run")
