"""The books of a run as lines of which CloudWatch makes metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dataplatform.ledger import Ledger
from dataplatform.ledger.costs import cost
from dataplatform.ledger.records import DatasetBooks, Outcomes
from dataplatform.ledger.work import Work, work_of
from dataplatform.metrics import audit_line, books_line


def metric_lines(ledger: Ledger, stage: str, run_id: str, now: datetime) -> Iterator[str]:
    """What a run's audits found, its books by dataset, and the whole of it with its cost.

    A run that ends again, because it was redriven, is told again; one that has succeeded isn't:
    that is only a retry of its last step.
    """
    run = ledger.run(run_id)
    if run.state == "succeeded":
        return
    for note in ledger.audits(run_id):
        held, broken = note.state == "held", len(note.broken)
        warned = note.warned
        yield audit_line(stage, note.dataset, held=held, broken=broken, warned=warned, at=now)
    books, engines = ledger.books(run_id), ledger.engines(run_id)
    work = work_of(ledger.run_batches(run_id), ledger.steps(run_id))
    for entry in books:
        done = work.get(entry.dataset, Work())
        yield books_line(
            stage,
            run_id,
            _counts([entry]),
            dataset=entry.dataset,
            engine=str(engines.get(entry.dataset, "")),
            bytes=done.bytes,
            seconds=done.seconds,
            at=now,
        )
    yield books_line(
        stage,
        run_id,
        _counts(books),
        bytes=sum(done.bytes for done in work.values()),
        seconds=(now - datetime.fromisoformat(run.started_at)).total_seconds(),
        cost=round(cost(ledger.usage(run_id)).total, 7),
        at=now,
    )


def _counts(books: list[DatasetBooks]) -> dict[str, int]:
    outcomes = sum((entry.outcomes for entry in books), Outcomes())
    return {"source": sum(entry.source for entry in books), **outcomes.to_dict()}
