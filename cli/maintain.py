"""`weir maintain`: the maintenance started and followed, table by table."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from cli import costs, executions
from cli.screen import Screen, WrongUsage
from cli.target import Target
from dataplatform.errors import InvalidRunInput, WeirError
from dataplatform.ledger.costs import cost
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.sizes import size

_MARKS: Final = {
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "skipped": "·",
    "spark": "[cyan]▸[/]",
}


class MaintenanceFailed(WeirError):
    """The state machine's execution ended without success."""


def maintain(screen: Screen, stage: str | None, tables: list[str]) -> None:
    """Start the maintenance, follow it to its end and show what it did to each table.

    Raises:
        WrongUsage: a table that the lake hasn't is named; no table was touched.
        MaintenanceFailed: the execution ended without success.
    """
    target = Target.choose(stage)
    wanted = {"tables": tables} if tables else {}
    execution = executions.start(target, wanted, machine="MaintenanceArn")
    began = time.monotonic()
    done = _follow(screen, target, execution)
    seconds = time.monotonic() - began
    screen.show(_table(target, done))
    _say_of_the_rest(screen, target, done)
    _say_of_orphans(screen, done)
    _say_of_replayed(screen, done)
    usage = target.ledger.usage(_run(execution))
    screen.say(f"\n {costs.dollars(cost(usage))}")
    screen.result(
        {
            "run": _run(execution),
            "seconds": round(seconds, 1),
            "cost": cost(usage).to_dict(),
            "tables": {
                target.names.short(each.table): {
                    **_as_json(each),
                    "cost": cost(used for used in usage if used.subject == each.table).to_dict(),
                }
                for each in done
            },
        }
    )


def _follow(screen: Screen, target: Target, execution: str) -> list[TableMaintenance]:
    """Wait for the execution's end, with a line for each table that is done.

    Raises:
        MaintenanceFailed: with the state machine's own error and cause.
    """
    said: set[str] = set()
    tables: list[TableMaintenance] = []

    def look() -> None:
        nonlocal tables
        tables = target.ledger.maintenance(_run(execution))
        for each in tables:
            if each.state != "started" and each.table not in said:
                said.add(each.table)
                screen.progress(f"    {_MARKS[each.state]} {target.names.short(each.table)}")

    description = executions.wait(target, execution, look)
    if description["status"] != "SUCCEEDED":
        why = executions.reason(target, description)
        if why.startswith(InvalidRunInput.__name__):
            raise WrongUsage(executions.words(why))
        raise MaintenanceFailed(
            f"maintenance {description['status'].lower()}: {why}",
            why="Rows are as they were; tables that were looked after stay so.",
            remedy="Look: ./weir logs --function maintain-table; then ./weir maintain",
        )
    return tables


def _table(target: Target, done: Iterable[TableMaintenance]) -> Table:
    """A table a line; a column that no table has anything for isn't there."""
    shown = Table(title="Tables", title_justify="left", box=None, pad_edge=False)
    shown.add_column("", overflow="fold")
    tables = list(done)
    columns = {
        "rows": [f"{each.rows:,}" for each in tables],
        "files": [_change(f"{each.files_before:,}", f"{each.files:,}") for each in tables],
        "size": [_change(size(each.bytes_before), size(each.bytes)) for each in tables],
        "manifests": [
            _change(f"{each.manifests_before:,}", f"{each.manifests:,}") for each in tables
        ],
        "snapshots": [f"-{each.forgotten}" if each.forgotten else "" for each in tables],
        "orphans": [f"{each.orphans:,}" if each.orphans else "" for each in tables],
        "by": [each.engine for each in tables],
    }
    filled = {name: values for name, values in columns.items() if any(values)}
    for name in filled:
        shown.add_column(name, justify="right", no_wrap=True)
    for number, each in enumerate(tables):
        name = f"{_MARKS[each.state]} {escape(target.names.short(each.table))}"
        shown.add_row(name, *(values[number] for values in filled.values()))
    return shown


def _say_of_the_rest(screen: Screen, target: Target, done: Iterable[TableMaintenance]) -> None:
    """Why a table was skipped or left to Spark."""
    for each in done:
        if each.detail:
            screen.say(
                f"\n {_MARKS[each.state]} {target.names.short(each.table)}: {escape(each.detail)}"
            )


def _change(before: str, after: str) -> str:
    return f"{before} → {after}" if before != after else after


def _say_of_orphans(screen: Screen, done: Iterable[TableMaintenance]) -> None:
    found = [each for each in done if each.orphans]
    count, held = sum(each.orphans for each in found), sum(each.orphan_bytes for each in found)
    if not count:
        return
    files = f"{count:,} files that no snapshot names, {size(held)}"
    if all(each.deleted for each in found):
        screen.say(f"\n Deleted: {files}.")
    else:
        screen.say(f"\n Left: {files}. The stage's switch delete_orphans deletes them.")


def _say_of_replayed(screen: Screen, done: Iterable[TableMaintenance]) -> None:
    found, removed = sum(each.replayed for each in done), sum(each.removed for each in done)
    if removed:
        screen.say(f"\n Removed: {removed:,} rows of quarantine that replays took.")
    if left := found - removed:
        screen.say(
            f"\n Left: {left:,} rows of quarantine that replays took 30 days ago or more."
            "\n The stage's switch delete_replayed removes them."
        )


def _as_json(each: TableMaintenance) -> dict[str, Any]:
    return {name: value for name, value in asdict(each).items() if name not in ("run", "table")}


def _run(execution: str) -> str:
    """The execution's name, under which the ledger keeps what was done."""
    return execution.rpartition(":")[2]
