"""The end of a run: the books must balance, and what failed is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataplatform.errors import BooksUnbalanced, DatasetsFailed, WeirError
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE, DatasetBooks, Outcomes, Totals
from dataplatform.plans.model import PlatformPlan

STEP = "close"


def close_run(ledger: Ledger, plan: PlatformPlan, run_id: str) -> dict[str, Any]:
    """Balance the books, note how the run ended, give the pipeline lease back.

    Raises:
        BooksUnbalanced: records without exactly one outcome, or tables that don't hold what the
            books say; with every such place.
        DatasetsFailed: with every dataset that failed and why; the others went through.
    """
    books = ledger.books(run_id)
    error = _verdict(ledger, plan, run_id, books)
    counts = {
        "source": sum(b.source for b in books),
        **sum((b.outcomes for b in books), Outcomes()).to_dict(),
    }
    if error:
        ledger.step(run_id, STEP, state="failed", detail=error.what, counts=counts)
    else:
        ledger.step(run_id, STEP, counts=counts)
    ledger.close_run(run_id, "failed" if error else "succeeded", str(error or ""))
    ledger.release_lease(PIPELINE_LEASE, run_id)
    if error:
        raise error
    return {"run_id": run_id, "counts": counts}


def unbalanced(ledger: Ledger, plan: PlatformPlan, run_id: str) -> Iterator[str]:
    """Places where the books don't balance, in words."""
    failed = ledger.failures(run_id)
    for batch in ledger.run_batches(run_id):
        if batch.dataset in failed:
            continue
        if batch.state != "published":
            yield f"{batch.dataset}: batch {batch.batch_id} is {batch.state}, not published"
        elif batch.source != batch.outcomes.total:
            yield (
                f"{batch.dataset}: batch {batch.batch_id} has {batch.source} records"
                f" and {batch.outcomes.total} outcomes"
            )
    waiting = {batch.dataset for batch in ledger.unfinished_batches()}
    for totals in ledger.all_totals():
        if totals.source != totals.told:
            yield (
                f"{totals.dataset}: {totals.source} records in its lifetime"
                f" and {totals.told} outcomes"
            )
        if totals.dataset in waiting:
            continue  # one commit carries several batches: live is told when all are published
        if totals.live != totals.expected_live:
            yield (
                f"{totals.dataset}: the silver table has {totals.live} rows;"
                f" inserted {totals.inserted} - deleted {totals.deleted}{_backfilled(totals)}"
            )
    yield from _warehouse(ledger, plan)


def _backfilled(totals: Totals) -> str:
    if not totals.restored + totals.withdrawn:
        return ""
    return f"; backfills put in {totals.restored} and took out {totals.withdrawn}"


def _warehouse(ledger: Ledger, plan: PlatformPlan) -> Iterator[str]:
    names = {model.name for model in plan.models}
    for model in ledger.models():
        if model.model not in names:
            continue  # no longer part of the platform: nobody loads it
        if pending := ledger.pending_loads(model.model):
            yield f"{model.model}: {len(pending)} exports aren't in the warehouse"
        elif model.rows != model.loaded_rows:
            yield (f"{model.model}: gold has {model.rows} rows, the warehouse {model.loaded_rows}")


def _verdict(
    ledger: Ledger, plan: PlatformPlan, run_id: str, books: list[DatasetBooks]
) -> WeirError | None:
    failed = {b.dataset: b.error for b in books if b.error}
    wrong = list(unbalanced(ledger, plan, run_id))
    if wrong:
        wrong += [f"{dataset} failed: {error}" for dataset, error in failed.items()]
        return BooksUnbalanced(
            "; ".join(wrong),
            why="Records were lost or doubled: what was published is in doubt.",
            remedy=f"Look: ./weir status --run {run_id}",
        )
    if failed:
        return DatasetsFailed(
            "; ".join(f"{dataset}: {error}" for dataset, error in failed.items()),
            why=_how_many(len(failed), len(books)),
            remedy="Mend the cause and start the pipeline: it takes these batches up again.",
        )
    return None


def _how_many(failed: int, all_of_them: int) -> str:
    if failed == all_of_them:
        return "The run was about no other dataset."
    others = all_of_them - failed
    went = "the other one" if others == 1 else f"the other {others}"
    return f"{failed} of {all_of_them} datasets failed; {went} went through."
