"""How `weir contracts diff` looks to a person, in 80 columns."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from textwrap import wrap
from typing import Final

from rich.markup import escape

from cli.contracts.comparison import Comparison
from cli.screen import Screen
from dataplatform.compiler.lineage import Reader
from dataplatform.contracts.differences.datasets import Changed
from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.plans.access import LostAccess

_WIDTH: Final = 80
_MARKS: Final = {
    Weight.BREAKING: ("!", "red"),
    Weight.ADDITIVE: ("+", "green"),
    Weight.COMPATIBLE: ("~", "yellow"),
    Weight.NONE: ("·", "dim"),
}
_INDENT: Final = " " * 6


def show(screen: Screen, found: Comparison) -> None:
    """Datasets, then gold, then what must be mended, then one line that says it all."""
    for change in found.changes:
        screen.say()
        _dataset(screen, change, found)
    if found.models:
        screen.say("\n[bold]gold, in lake and warehouse[/]")
    for model, group in groupby(found.models, key=lambda each: each.model):
        screen.say(f"  gold.{model}")
        for each in group:
            _line(screen, each.weight, each.column or "(table)", each.what)
    if found.lost:
        screen.say("\n[bold]roles that lose what they have[/]")
    for lost in found.lost:
        _lost(screen, lost)
    if found.problems:
        screen.say()
    for problem in found.problems:
        what, *remedy = str(problem).splitlines()
        screen.say(f"[red]✗[/] {escape(what)}")
        for line in remedy:
            screen.say(escape(line))
    screen.say(f"\n{_verdict(found)}")


def _dataset(screen: Screen, change: Changed, found: Comparison) -> None:
    versions = [each.version for each in (change.before, change.after) if each is not None]
    version = " → ".join(dict.fromkeys(versions))
    said = change.weight.word
    if change.weight is Weight.BREAKING:
        said += ", announced" if change.announced else ", not announced"
    color = _MARKS[change.weight][1]
    head = f"{change.dataset} {version}"
    screen.say(
        f"[bold]{escape(change.dataset)}[/] {version}"
        f"{' ' * max(1, _WIDTH - len(head) - len(said))}[{color}]{said}[/]"
    )
    for each in change.differences:
        _difference(screen, each, found.readers.get((change.dataset, each.before), ()))
    roles = change.before.roles if change.before is not None else ()
    if roles and change.weight > Weight.NONE:
        granted = ", ".join(f"{role.role} ({role.access})" for role in roles)
        screen.say(f"  [dim]roles that use it: {escape(granted)}[/]")


def _difference(screen: Screen, each: Difference, readers: tuple[Reader, ...]) -> None:
    _line(screen, each.weight, each.column or "(dataset)", each.what)
    if each.why:
        _below(screen, each.why)
    if readers and each.weight > Weight.NONE:
        _below(screen, f"read by {'; '.join(map(reader_in_words, readers))}")


def _lost(screen: Screen, lost: LostAccess) -> None:
    gone = [*(f"silver.{name}" for name in lost.reads), *(f"gold.{name}" for name in lost.models)]
    if lost.warehouse:
        gone.append("the warehouse")
    _line(screen, Weight.BREAKING, lost.role, f"may no longer read {', '.join(gone)}")
    if lost.warehouse:
        why = "gold has a model of contracts that don't name the role, and who asks the warehouse"
        _below(screen, f"{why} may read all of gold")


def _line(screen: Screen, weight: Weight, name: str, what: str) -> None:
    mark, color = _MARKS[weight]
    room = max(24, len(name))
    first, *more = wrap(what, _WIDTH - room - 5) or [""]
    screen.say(f"  [{color}]{mark}[/] {escape(name):<{room}} {escape(first)}")
    for line in more:
        screen.say(f"{' ' * (room + 5)}{escape(line)}")


def _below(screen: Screen, text: str) -> None:
    for line in wrap(text, _WIDTH - len(_INDENT)):
        screen.say(f"{_INDENT}[dim]{escape(line)}[/]")


def reader_in_words(reader: Reader) -> str:
    """`gold.dim_store (its key store_id, area)`; a model that only chooses or joins rows by it
    gives no value of it away."""
    own = [f"its key {name}" if name in reader.key else name for name in reader.columns]
    return f"gold.{reader.model} ({', '.join(own) or 'which rows it has'})"


def _verdict(found: Comparison) -> str:
    if not found.changes and not found.models and not found.problems:
        return f"Nothing has changed since {found.base}."
    counts = Counter(change.weight for change in found.changes)
    told = ", ".join(f"{counts[weight]} {weight.word}" for weight in Weight if counts[weight])
    datasets = len(found.changes)
    text = f"{datasets} dataset{'' if datasets == 1 else 's'} changed: {told or 'none'}. "
    if found.problems:
        count = len(found.problems)
        few = count == 1
        text += f"{count} problem{'' if few else 's'}: mend {'it' if few else 'them'} first."
    else:
        text += "It can be deployed as it is."
    return text
