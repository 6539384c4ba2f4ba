"""The books of a run as lines of which CloudWatch makes metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.costs import cost
from dataplatform.ledger.records import DatasetBooks, Outcomes, Run
from dataplatform.ledger.told import Told
from dataplatform.ledger.work import Work, work_of
from dataplatform.metrics import audit_line, books_figures, books_line

WHOLE = ""
"""Stands for a dataset where the run itself is meant."""


def tell_figures(
    ledger: Ledger, stage: str, run_id: str, now: datetime, write: Callable[[str], None]
) -> None:
    """Write what a run's audits found, its books by dataset, and the whole of it with its cost.

    CloudWatch adds up what it is told. So a run that ends again, because it was redriven, tells
    what has come since; one that has succeeded ends again only where its last step is retried, and
    tells nothing. What is told is noted after it was written: where a call dies in between, it is
    told again rather than not at all.

    Args:
        write: takes a line.
    """
    run = ledger.run(run_id)
    if run.state == "succeeded":
        return
    told, news = ledger.figures_told(run_id), dict[str, Told]()
    for note in ledger.audits(run_id):
        before = told.get(note.dataset, Told())
        if note.at != before.audited:
            write(_audit_line(stage, note, now))
        news[note.dataset] = replace(before, audited=note.at)
    engines = ledger.engines(run_id)
    for dataset, figures in _figures(ledger, run, now).items():
        before = news.get(dataset, told.get(dataset, Told()))
        if more := _since(before.figures, figures):
            engine = str(engines.get(dataset, ""))
            write(books_line(stage, run_id, more, dataset=dataset, engine=engine, at=now))
        news[dataset] = replace(before, figures=figures)
    ledger.note_figures(run_id, news)


def _audit_line(stage: str, note: AuditNote, now: datetime) -> str:
    held, broken = note.state == "held", len(note.broken)
    return audit_line(stage, note.dataset, held=held, broken=broken, warned=note.warned, at=now)


def _figures(ledger: Ledger, run: Run, now: datetime) -> dict[str, dict[str, float]]:
    """Of each dataset, and of the whole run, from its beginning."""
    books = ledger.books(run.run_id)
    work = work_of(ledger.run_batches(run.run_id), ledger.steps(run.run_id))
    figures = {}
    for entry in books:
        done = work.get(entry.dataset, Work())
        counts = _counts([entry])
        figures[entry.dataset] = books_figures(counts, bytes=done.bytes, seconds=done.seconds)
    figures[WHOLE] = books_figures(
        _counts(books),
        bytes=sum(done.bytes for done in work.values()),
        seconds=(now - datetime.fromisoformat(run.started_at)).total_seconds(),
        cost=round(cost(ledger.usage(run.run_id)).total, 7),
    )
    return figures


def _since(before: Mapping[str, float], figures: Mapping[str, float]) -> dict[str, float]:
    """What has come to the figures that were told; {} where nothing has."""
    more = {name: round(value - before.get(name, 0), 7) for name, value in figures.items()}
    return more if not before or any(more.values()) else {}


def _counts(books: list[DatasetBooks]) -> dict[str, int]:
    outcomes = sum((entry.outcomes for entry in books), Outcomes())
    return {"source": sum(entry.source for entry in books), **outcomes.to_dict()}
