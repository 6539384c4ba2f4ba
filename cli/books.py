"""The books as tables and as JSON: records in, one outcome each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import typer
from rich.table import Table

from cli.costs import cost_of, dollars
from cli.screen import Exit, Screen
from cli.target import Target
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.engines import EngineChoice
from dataplatform.ledger.records import DatasetBooks, Step, Totals
from dataplatform.ledger.work import Work, work_of

_COUNTS = ("inserted", "updated", "deleted", "duplicate", "quarantined")
_BACKFILLED = ("restored", "withdrawn", "rejudged")


def lifetime(target: Target) -> dict[str, dict[str, int]]:
    """Lifetime books of every dataset: what `--json` shows."""
    return {
        plan.dataset: _as_json(target.ledger.totals(plan.dataset)) for plan in target.plan.datasets
    }


def _as_json(totals: Totals) -> dict[str, int]:
    return {
        "source": totals.source,
        **{name: getattr(totals, name) for name in _COUNTS},
        "live": totals.live,
        "warned": totals.warned,
        **{name: getattr(totals, name) for name in _BACKFILLED},
    }


def of_run(books: Iterable[DatasetBooks], audits: Iterable[AuditNote] = ()) -> Table:
    """Books of one run; a run that had nothing to do has no rows.

    Of a dataset that published nothing there is no outcome to show: what came for it waits.
    """
    entries, held = list(books), held_rows(audits)
    warned = any(entry.warned for entry in entries)
    table = _table("Books of this run", warned=warned)
    for entry in entries:
        counts = [getattr(entry.outcomes, name) for name in _COUNTS]
        more = [entry.warned] if warned else []
        cells = _numbers(entry.source, *counts, entry.live, *more)
        if said := unpublished(entry, held):
            came = entry.staged or held.get(entry.dataset, 0)
            cells = [f"{came:,}", f"[yellow]{said}[/]", *("·" for _ in cells[2:])]
        table.add_row(entry.dataset, *cells)
    return table


def held_rows(audits: Iterable[AuditNote]) -> dict[str, int]:
    """Records that a run's audits hold back, by dataset."""
    return {note.dataset: note.rows for note in audits if note.state == "held"}


def unpublished(entry: DatasetBooks, held: Mapping[str, int]) -> str:
    """`held` or `failed` where a run published nothing of a dataset for that reason; else ""."""
    if entry.batches > entry.unpublished or not entry.error:
        return ""
    return "held" if entry.dataset in held else "failed"


def of_lifetime(books: dict[str, dict[str, int]]) -> Table:
    """Books since the platform was deployed."""
    warned = any(counts["warned"] for counts in books.values())
    table = _table("Books of all runs", warned=warned)
    for dataset, counts in books.items():
        hidden = _BACKFILLED if warned else (*_BACKFILLED, "warned")
        shown = [count for name, count in counts.items() if name not in hidden]
        table.add_row(dataset, *_numbers(*shown))
    return table


def of_backfills(books: dict[str, dict[str, int]]) -> list[str]:
    """A line for each dataset whose rows and quarantine aren't what its batches alone made them."""
    return [
        f"{dataset}: backfills put {counts['restored']:,} rows into silver, took"
        f" {counts['withdrawn']:,} out, and left {counts['rejudged']:+,} records in quarantine."
        for dataset, counts in books.items()
        if any(counts[name] for name in _BACKFILLED)
    ]


def say_of_run(
    screen: Screen,
    target: Target,
    run_id: str,
    entries: Sequence[DatasetBooks],
    *,
    waits: bool = False,
) -> Cost:
    """Show what a run did, and what it cost; returns that cost.

    A run without new records may have built models all the same: they, or their inputs, changed.

    Args:
        waits: something is held back, which is told afterwards: to say that nothing was due would
            contradict it.
    """
    spent = cost_of(target, run_id)
    if entries:
        screen.show(of_run(entries, target.ledger.audits(run_id)))
    else:
        did = without_records(target.ledger.steps(run_id))
        if not (waits and did.idle):
            screen.say(f" {did}")
    screen.say(f"\n {dollars(spent)}")
    return spent


@dataclass(frozen=True)
class Did:
    """What a run did that had no records: models that were built, tables that were loaded.

    left: why it took nothing of what has come; "" where nothing has.
    """

    built: int
    loaded: int
    left: str = ""

    @property
    def idle(self) -> bool:
        """Nothing at all."""
        return not (self.built or self.loaded)

    def __str__(self) -> str:
        if self.idle and self.left:
            return f"Nothing was taken: {self.left}."
        if self.idle:
            return "Nothing was due: no new records, no model to build, no load."
        return (
            f"No new records. Built: {self.built} of gold."
            f" Loaded into the warehouse: {self.loaded}."
        )


def without_records(steps: Sequence[Step]) -> Did:
    """What a run did, whether records came or not, by its steps."""
    ended = {(step.name, step.dataset) for step in steps if step.state == "done"}
    done = [name for name, of in ended if of]
    plans = [step for step in steps if step.name == "plan"]
    held = ", ".join(step.dataset for step in plans if step.dataset)
    waits = any(step.counts.get("waiting") for step in plans)
    left = f"held since an earlier run: {held}" if held else "what has come waits" if waits else ""
    return Did(built=done.count("gold"), loaded=done.count("warehouse"), left=left)


def work_of_run(target: Target, run_id: str) -> dict[str, Work]:
    """Bytes and seconds of a run, by dataset."""
    return work_of(target.ledger.run_batches(run_id), target.ledger.steps(run_id))


def run_json(
    books: Iterable[DatasetBooks],
    engines: Mapping[str, EngineChoice],
    work: Mapping[str, Work] | None = None,
) -> dict[str, Any]:
    """Books of one run for `--json`; `engine` is "" where none was chosen.

    `staged` are records of batches that wait to be published: of a dataset that is held, say.

    `stager` is "spark" where Spark staged one of the dataset's batches or more. `bytes` (as landed)
    and `seconds` (of its steps) are there where the run's work is given.
    """
    return {
        entry.dataset: {
            "source": entry.source,
            **entry.outcomes.to_dict(),
            "live": entry.live,
            "warned": entry.warned,
            "replayed": entry.replayed,
            "waiting": entry.waiting,
            "staged": entry.staged,
            "balanced": entry.balanced,
            "error": entry.error,
            "stager": "spark" if entry.spark_stages else "function",
            "stager_reason": entry.spark_stages,
            **_engine(engines.get(entry.dataset)),
            **(asdict(work.get(entry.dataset, Work())) if work is not None else {}),
        }
        for entry in books
    }


def _engine(choice: EngineChoice | None) -> dict[str, str]:
    return {
        "engine": choice.engine if choice else "",
        "reason": choice.reason if choice else "",
    }


def say_quarantined(screen: Screen, target: Target, books: Iterable[DatasetBooks]) -> None:
    """How many records of a run wait in quarantine, and where to look; nothing where none does."""
    if count := sum(entry.waiting for entry in books):
        stage = "" if target.embedded else f" --stage {target.stage}"
        records = "record of this run waits" if count == 1 else "records of this run wait"
        screen.say(f" [yellow]![/] {count:,} {records} in quarantine: ./weir quarantine ls{stage}")


def exit_if_waiting(books: Iterable[DatasetBooks]) -> None:
    """End with exit code 3 where records of a run wait for a person in quarantine.

    What a replay has taken since waits no more.
    """
    if any(entry.waiting for entry in books):
        raise typer.Exit(Exit.DATA_WAITING)


def _table(title: str, *, warned: bool) -> Table:
    """`warned`, beside the outcomes and none of them, is shown where there is any."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("dataset", min_width=15)
    for name in (
        "source",
        *_COUNTS,
        "live",
        *(["warned"] if warned else []),
    ):  # whole at 80 columns, up to 999,999 of each
        table.add_column(name, justify="right", min_width=7, no_wrap=True)
    return table


def _numbers(*values: int) -> list[str]:
    return [f"{value:,}" for value in values]
