"""One run as one page: books and timeline, without a network, in both colour schemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from cli import pages
from cli.books import unpublished, without_records
from cli.costs import WHOLE, dollars, in_dollars
from cli.lookup import Redriven, moment, took
from cli.timeline import with_engines
from dataplatform.errors import BatchHeld
from dataplatform.ledger.cost_shares import CostShares
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.engines import EngineChoice
from dataplatform.ledger.records import DatasetBooks, Run, Step
from dataplatform.ledger.work import Work, attempts_of
from dataplatform.sizes import size

_STYLE = """
:is(th, td):first-child { text-align: left; position: sticky; left: 0; background: var(--back) }
:is(th, td) { padding: .3rem .45rem } td, th { white-space: nowrap } td { vertical-align: top }
td small { display: block; line-height: 1.2; white-space: normal; text-wrap: balance;
  min-width: 10rem }
td.said { text-align: left; min-width: 22rem; white-space: normal } body { max-width: 84rem }
.failed { color: var(--bad) } .whole { white-space: nowrap }
.row { display: grid; grid-template-columns: 17rem 1fr 6rem; gap: .8rem; align-items: center }
.track { height: .9rem; position: relative; border-bottom: 1px dotted var(--line) }
.bar { position: absolute; height: .7rem; min-width: 2px; background: var(--bar) }
.row + .row:hover, tr:hover td { background: color-mix(in srgb, var(--line) 40%, var(--back)) }
.none { color: var(--soft) }
@media (max-width: 40rem) { .row { grid-template-columns: 1fr 4.5rem; gap: 0 .5rem;
  margin-top: .4rem } .track { grid-row: 2; grid-column: 1 / -1 } }
.bar.failed { background: var(--bad) } .seconds { text-align: right; color: var(--soft) }
"""
_COLUMNS = ("source", "inserted", "updated", "deleted", "duplicate", "quarantined", "live")
_CHANGED = ("inserted", "updated", "deleted")
_WORK = ("landed", "seconds", "cost", "balanced")


def page(
    stage: str,
    run: Run,
    steps: Sequence[Step],
    entries: Sequence[DatasetBooks],
    *,
    engines: Mapping[str, EngineChoice],
    work: Mapping[str, Work],
    shares: CostShares,
    spent: Cost,
    held: Mapping[str, int],
    explained: bool = False,
    redriven: Redriven | None = None,
) -> str:
    """The whole page; every value from outside is escaped.

    Args:
        held: records that wait, of each dataset that the run holds.
        explained: the run failed for these alone, which the books say.
        redriven: when it went on after it had failed; the time between is left out.
    """
    told = with_engines(steps)
    return pages.page(
        f"Weir run {run.run_id}",
        _STYLE,
        f"<h1>Run {escape(run.run_id)} <small>stage {escape(stage)} · ",
        f"<span class={run.state}>{run.state}</span> · ",
        f"<span class=whole>{escape(run.started_at)}</span>{_took(run, redriven)}</small></h1>",
        f"<p class=failed>{escape(run.error)}</p>" if run.error and not explained else "",
        "<h2>Books</h2>",
        _books(entries, engines, work, shares.datasets, held) or f"<p>{without_records(steps)}</p>",
        f"<p>{escape(dollars(spent))}, of which for {WHOLE} {in_dollars(shares.whole.total)}</p>",
        _models(told, shares.models),
        "<h2>Timeline</h2>",
        _timeline(told, redriven),
    )


def _books(
    entries: Sequence[DatasetBooks],
    engines: Mapping[str, EngineChoice],
    work: Mapping[str, Work],
    costs: Mapping[str, Cost],
    held: Mapping[str, int],
) -> str:
    if not entries:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("dataset", *_COLUMNS, *_WORK))
    rows = []
    for entry in entries:
        figures = {"source": entry.source, **entry.outcomes.to_dict(), "live": entry.live}
        cells = "".join(_cell(figures[name]) for name in _COLUMNS)
        done = work.get(entry.dataset, Work())
        did = f"<td>{_whole(size(done.bytes))}</td><td>{done.seconds:,.1f}</td>"
        did += _dollars(costs.get(entry.dataset))
        balanced = "yes" if entry.balanced else "<span class=failed>no</span>"
        if said := unpublished(entry, held):
            came = entry.staged or held.get(entry.dataset, 0)
            span = len(_COLUMNS) - 1
            cells = f"{_cell(came)}<td class=said colspan={span}>{_why(said, entry)}</td>"
        name = _named(entry.dataset, str(engines.get(entry.dataset, "")))
        rows.append(f"<tr>{name}{cells}{did}<td>{balanced}</td></tr>")
    return f"<div class=wide><table><tr>{head}</tr>{''.join(rows)}</table></div>"


def _why(said: str, entry: DatasetBooks) -> str:
    """What became of a dataset of which nothing was published, and what to do."""
    what = escape(entry.error.splitlines()[0].removeprefix(f"{BatchHeld.__name__}: "))
    if said == "failed":
        return f"<b class=failed>failed</b>: {what}"
    what = what.removeprefix(f"{escape(entry.dataset)} is held: ")
    if not entry.batches:
        return f"<b>held</b>: {what}. A later run has taken it up."
    verb = f"<code>./weir run {escape(entry.dataset)} --accept</code>"
    return f"<b>held</b>: {what}. If it is as it should be: {verb}"


def _dollars(spent: Cost | None) -> str:
    return f"<td>{in_dollars(spent.total)}</td>" if spent else "<td class=none>$0</td>"


def _models(steps: Sequence[Step], costs: Mapping[str, Cost]) -> str:
    """A row for each gold model that the run built: which engine, why, and what changed."""
    built = {s.dataset: s for s in steps if s.name == "gold" and s.dataset and s.state == "done"}
    if not built:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("model", *_CHANGED, "cost"))
    rows = []
    for model, step in built.items():
        cells = "".join(_cell(step.counts.get(name, 0)) for name in _CHANGED)
        paid = _dollars(costs.get(model))
        rows.append(f"<tr>{_named(model, step.detail)}{cells}{paid}</tr>")
    table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
    return f"<h2>Models</h2><div class=wide>{table}</div>"


def _named(name: str, engine: str) -> str:
    """A row's first cell, which stays where a narrow page is scrolled."""
    return f"<td>{escape(name)}<small>{escape(engine)}</small></td>"


def _whole(text: str) -> str:
    """Words that stay on one line."""
    return text.replace(" ", "&nbsp;")


def _cell(count: int) -> str:
    return f"<td>{count:,}</td>" if count else "<td class=none>0</td>"


def _timeline(steps: Sequence[Step], redriven: Redriven | None) -> str:
    spans = attempts_of(steps)
    if not spans:
        return "<p>No steps.</p>"

    def at(step: Step) -> float:
        """On a clock that stands still while the run had failed."""
        found = moment(step.at)
        return found - redriven.pause if redriven and found >= moment(redriven.at) else found

    moments = [at(step) for step in steps]
    first, whole = min(moments), max(max(moments) - min(moments), 0.001)
    rows = []
    for (name, dataset), attempts in spans.items():
        last = attempts[-1][1]
        bars, seconds = [], 0.0
        for begun, ended in attempts:
            lasted = at(ended) - at(begun)
            seconds += lasted
            bars.append(
                f"<span class='bar {_state(ended)}' style='left:{(at(begun) - first) / whole:.2%};"
                f"width:{lasted / whole:.2%}'></span>"
            )
        counts = ", ".join(f"{key} {value:,}" for key, value in last.counts.items() if value)
        said = " · ".join(filter(None, (last.detail, counts)))
        rows.append(
            f"<div class=row title='{escape(said, quote=True)}'>"
            f"<span class={_state(last)}>{escape(name)} <small>{escape(dataset)}</small></span>"
            f"<span class=track>{''.join(bars)}</span>"
            f"<span class=seconds>{seconds:.1f} s</span></div>"
        )
    return "".join(rows)


def _state(step: Step) -> str:
    return "failed" if step.state == "failed" else "done"


def _took(run: Run, redriven: Redriven | None) -> str:
    took_it = f" · {took(run, redriven):.0f} s" if run.ended_at else ""
    went_on = f" · redriven <span class=whole>{escape(redriven.at)}</span>" if redriven else ""
    return took_it + went_on
