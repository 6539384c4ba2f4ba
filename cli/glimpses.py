"""The first rows of what a person has made: of each domain that no summary model tells of.

A domain's gold is read from the warehouse; where it has none, its silver from the lake. Columns
that a contract classifies (above internal) aren't shown: a terminal is read over shoulders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from cli.summaries import cell, rows_table
from cli.target import Target
from dataplatform.plans.model import Column, GoldModel, PlatformPlan, SilverPlan

_ROWS: Final = 5
_DOMAINS: Final = 3
_OPEN: Final = ("", "public", "internal")
_GOLD: Final = re.compile(r"\bgold\.(\w+)", re.IGNORECASE)
_NARROWEST: Final = 8
_GAP: Final = 2


def glimpses(target: Target, width: int) -> Iterator[Table]:
    """A table for each such domain that has rows; its columns fit `width`."""
    shown = 0
    for domain in untold(target.plan):
        table = next(_of_domain(target, domain, width), None)
        if table is not None and shown < _DOMAINS:
            shown += 1
            yield table


def untold(plan: PlatformPlan) -> list[str]:
    """Domains of which no summary model says anything, in the order of their datasets."""
    read = {name.lower() for summary in plan.summaries for name in _GOLD.findall(summary.sql)}
    told = {model.domain for model in plan.models if model.name in read}
    domains = [*(each.domain for each in plan.datasets), *(each.domain for each in plan.models)]
    return [domain for domain in dict.fromkeys(domains) if domain not in told]


def _of_domain(target: Target, domain: str, width: int) -> Iterator[Table]:
    """Of its models, then of its datasets: each that has rows."""
    for model in target.plan.models:
        if model.domain == domain:
            yield from _of_model(target, model, width)
    for dataset in target.plan.datasets:
        if dataset.domain == domain:
            yield from _of_dataset(target, dataset, width)


def _of_model(target: Target, model: GoldModel, width: int) -> Iterator[Table]:
    state = target.ledger.model(model.name)
    names = _open(model.columns)
    if state is None or not state.loaded_rows or not names:
        return
    listed = ", ".join(f'"{name}"' for name in names)
    order = ", ".join(f'"{name}"' for name in model.key)
    query = f"SELECT {listed} FROM gold.{model.name} ORDER BY {order} LIMIT {_ROWS}"
    rows = target.warehouse.query(query)
    if rows:
        name = f"gold.{model.name}"
        yield _table(name, "the warehouse", rows, state.loaded_rows, len(model.columns), width)


def _of_dataset(target: Target, plan: SilverPlan, width: int) -> Iterator[Table]:
    live, names = target.ledger.totals(plan.dataset).live, _open(plan.columns)
    if not live or not names:
        return
    from dataplatform.adapters.iceberg.tables import open_table  # late: it knows PyIceberg

    scan = open_table(plan.silver_table).scan(selected_fields=tuple(names), limit=_ROWS)
    rows = [{name: row[name] for name in names} for row in scan.to_arrow().to_pylist()]
    if rows:
        yield _table(
            f"silver.{plan.dataset}", "the lake", rows, live, len(plan.columns), width
        )  # fmt: skip


def _open(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns if column.classification in _OPEN]


def _table(
    name: str, place: str, rows: list[dict[str, Any]], of: int, columns: int, width: int
) -> Table:
    names = _fitting(rows, width)
    title = f"{name}, from {place}: {len(rows):,} of {of:,} rows"
    if len(names) < columns:
        title += f", {len(names)} of {columns} columns"
    return rows_table(title, [{each: row[each] for each in names} for row in rows])


def _fitting(rows: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """As many columns as stand side by side, the first in any case."""
    found: list[str] = []
    room = width
    for name in rows[0]:
        widest = max(len(name), _NARROWEST, *(len(cell(name, row[name])) for row in rows))
        room -= widest + _GAP
        if found and room < -_GAP:
            break
        found.append(name)
    return found
