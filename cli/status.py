"""`weir status`"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli import books, costs, drift, holds, pages, queues, report, timeline
from cli.lookup import LookedUp, Redriven, look_up, took
from cli.screen import Screen, number_of
from cli.target import Target, UnknownRun
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.records import Run

_RUNS = 8


def status(screen: Screen, stage: str | None, run_id: str | None, html: str | None) -> None:
    """Show the platform, or one run; `--html` writes the same as a page."""
    target = Target.choose(stage)
    if run_id or html:
        with screen.waiting("status", "asking the ledger"):
            run = _chosen(target, run_id)
        _one(screen, target, run, html)
        return
    with screen.waiting("status", "asking the ledger"):
        found = [look_up(target, run) for run in target.ledger.runs(_RUNS)]
        runs = [each.run for each in found]
        lifetime = books.lifetime(target)
        unclaimed = target.ledger.unclaimed_objects()
        waits, drifted, held = drift.waiting(target), drift.notes(target), holds.held(target)
        queued = queues.queues(target, waits, held)
        spent = {run.run_id: costs.cost_of(target, run.run_id) for run in runs}
    screen.say(f" stage {target.stage}   {_place(target)}")
    screen.show(_runs(found, spent))
    _say_unknown(screen, found)
    screen.say()
    screen.show(books.of_lifetime(lifetime))
    for line in books.of_backfills(lifetime):
        screen.say(f" {line}")
    if waits or queued:
        screen.say(f" In landing and in no books yet: {queues.in_landing(waits, queued)}")
    if runs and runs[0].state == "failed" and not holds.nothing_else_failed(target, runs[0]):
        screen.say(_trouble(runs[0]))
    if waiting := sum(counts["quarantined"] for counts in lifetime.values()):
        rejected = number_of(waiting, "record")
        screen.say(f" [yellow]![/] {rejected} in quarantine: ./weir quarantine ls")
    drift.say_waiting(screen, target, waits, queued)
    holds.say_held(screen, target, held, queued)
    drift.say_notes(screen, target, [note for note in drifted if not note.breaking])
    for landed in unclaimed:
        screen.say(f" [yellow]![/] {landed.key} lies in landing, but no contract claims its folder")
    screen.result(
        {
            "stage": target.stage,
            "runs": [
                {**_run_json(each), "cost": spent[each.run.run_id].to_dict()} for each in found
            ],
            "datasets": lifetime,
            "unclaimed": [landed.key for landed in unclaimed],
            "waiting": drift.waiting_json(waits),
            "behind": queues.to_json(queued),
            "held": holds.to_json(held),
            "drift": [drift.note_json(note) for note in drifted],
        }
    )


def _one(screen: Screen, target: Target, run: Run, html: str | None) -> None:
    with screen.waiting("status", f"asking the ledger for {run.run_id}"):
        steps = target.ledger.steps(run.run_id)
        found = look_up(target, run, steps)
        run, redriven = found.run, found.redriven
        entries = target.ledger.books(run.run_id)
        engines = target.ledger.engines(run.run_id)
        shares = costs.shares_of(target, run.run_id, steps)
        work = books.work_of_run(target, run.run_id)
        waiting = [found for found in drift.waiting(target) if found.run_id == run.run_id]
    screen.say(f" run {run.run_id}   {run.state}   {run.started_at} – {run.ended_at or 'now'}")
    if redriven:
        lasted = f"; it took {_took(run, redriven)} in all" if run.ended_at else ""
        screen.say(f" redriven {redriven.at}, after it had failed{lasted}")
    _say_unknown(screen, [found])
    explained = run.state == "failed" and holds.nothing_else_failed(target, run)
    for step in timeline.latest(holds.without_causes(steps) if explained else steps):
        screen.say(timeline.line(step))
    if run.state == "failed" and not explained:
        screen.say(_trouble(run))
    screen.say()
    spent = books.say_of_run(screen, target, run.run_id, entries)
    screen.say()
    screen.show(costs.of_run(shares))
    books.say_quarantined(screen, target, entries)
    audits = target.ledger.audits(run.run_id)
    held = [note for note in holds.held(target) if note.run_id == run.run_id]
    queued = queues.queues(target, waiting, held)
    holds.say_released(screen, audits, [entry.dataset for entry in entries if not entry.batches])
    holds.say_told(screen, audits)
    drift.say_waiting(screen, target, waiting, queued)
    holds.say_held(screen, target, held, queued)
    if html:
        page = report.page(
            target.stage, run, steps, entries, engines=engines, work=work, shares=shares,
            spent=spent, held=books.held_rows(audits), explained=explained, redriven=redriven,
        )  # fmt: skip
        pages.write(Path(html), page)
        screen.say(f" Written: {html}")
    screen.result(
        {
            **_run_json(found),
            "datasets": books.run_json(entries, engines, work),
            "waiting": drift.waiting_json(waiting),
            "behind": queues.to_json(queued),
            "held": holds.to_json(held),
            "audits": holds.to_json(audits),
            "cost": spent.to_dict(),
            "cost_by": shares.to_dict(),
            "page": html or "",
        }
    )
    books.exit_if_waiting(entries)
    drift.exit_if_any(waiting)
    holds.exit_if_any(held)


def _trouble(run: Run) -> str:
    """What ended a run, and what to do."""
    said = escape(run.error or "the execution ended before its last step")
    return (
        f" [red]✗[/] run {run.run_id} failed: {said}\n"
        f"   Look: ./weir logs --run {run.run_id}. Mend the cause, then ./weir run: it carries on."
    )


def _say_unknown(screen: Screen, found: Iterable[LookedUp]) -> None:
    """What nobody can tell of runs, each thing once."""
    for said in dict.fromkeys(each.unknown for each in found if each.unknown):
        screen.say(f" [yellow]![/] {said}")


def _chosen(target: Target, run_id: str | None) -> Run:
    """The run that is named, else the newest."""
    if run_id:
        return target.run(run_id)
    if not (runs := target.ledger.runs(1)):
        raise UnknownRun(
            f"stage {target.stage} has had no run",
            why="There is nothing to show.",
            remedy="Start one: ./weir run",
        )
    return runs[0]


def _place(target: Target) -> str:
    return str(target.client("sts").meta.endpoint_url)


def _runs(found: Iterable[LookedUp], spent: Mapping[str, Cost]) -> Table:
    table = Table(title="Runs", title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("run", no_wrap=True, min_width=25)  # to be copied whole
    for name, width in (("state", 9), ("took", 11)):  # the input gives way to them
        table.add_column(name, no_wrap=True, min_width=width)
    table.add_column("cost", no_wrap=True, min_width=10)
    table.add_column("input", overflow="ellipsis", no_wrap=True)
    for each in found:
        run = each.run
        cost = costs.in_dollars(spent[run.run_id].total)
        table.add_row(run.run_id, run.state, _took(run, each.redriven), cost, escape(run.input))
    return table


def _took(run: Run, redriven: Redriven | None) -> str:
    """How long a run lasted, as "2 min 6 s"; nothing while it goes on."""
    if not run.ended_at:
        return ""
    minutes, rest = divmod(round(took(run, redriven)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _run_json(found: LookedUp) -> dict[str, Any]:
    run, redriven = found.run, found.redriven
    return {
        "run": run.run_id,
        "state": run.state,
        "started": run.started_at,
        "ended": run.ended_at,
        "input": run.input,
        "error": run.error,
        "redriven": redriven.at if redriven else "",
        "seconds": round(took(run, redriven)) if run.ended_at else None,
        "unknown": found.unknown,
    }
