"""Whether a gold model lags behind what it is made from, and whether changed rows mend that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from dataplatform.gold.records import Consumed, Snapshot
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import ModelState, Totals
from dataplatform.naming import DELETED_PROPERTY, OUTCOMES_PROPERTY, SEQUENCE_PROPERTY, Zone
from dataplatform.plans.model import GoldModel, PlatformPlan

_TABLE: Final = re.compile(r"\{(silver|gold)\.([a-z0-9_]+)\}")

Snapshots = Callable[[str], Sequence[Snapshot]]
"""Published snapshots of a table, newest first."""


@dataclass(frozen=True)
class ChangedRows:
    """Rows of one input's table that a model hasn't seen.

    Of a silver table those with a later `_sequence`; of a gold table, where `sequence` is None,
    those that were appended after `snapshot`, up to `until`: a later one's would be added twice.
    """

    table: str
    sequence: int | None = None
    snapshot: int = 0
    until: int = 0


@dataclass(frozen=True)
class Standing:
    """What the ledger says of a model and of what it is made from.

    Asked for before any of its inputs is opened: a table may hold more than is known of it here,
    which the next build finds, never less.

    built: states of the model and of those that it reads, where there are any.
    totals: by dataset, for each that it is made from.
    """

    model: GoldModel
    built: Mapping[str, ModelState]
    totals: Mapping[str, Totals]

    @classmethod
    def of(
        cls, ledger: Ledger, model: GoldModel, totals: Mapping[str, Totals] | None = None
    ) -> Self:
        """How a model stands now; models are built in order, so the ledger knows.

        A table's newest snapshot says less: compacting a table is a snapshot too, and changes no
        row.

        Args:
            totals: as they were before the first input was opened, by whoever keeps tables open
                from model to model.
        """
        built = ledger.models_of((model.name, *model.models))
        if totals is None:
            totals = ledger.totals_of(model.datasets)
        return cls(model, built, totals)

    @property
    def lags(self) -> bool:
        """Whether the model must be built again."""
        return _lags(self.model, self.built, self.totals)

    @property
    def available(self) -> Consumed:
        """What the model's inputs stand at."""
        inputs = {dataset: self.totals[dataset].sequence for dataset in self.model.datasets}
        for name in self.model.models:
            state = self.built.get(name)
            inputs[f"{Zone.GOLD}.{name}"] = state.snapshot if state else 0
        return inputs

    @property
    def bytes(self) -> int:
        """Of the tables that the model reads, and of its own, with which it is compared."""
        silver = sum(totals.bytes for totals in self._silver)
        return silver + sum(state.bytes for state in self.built.values())

    @property
    def rows(self) -> int:
        """Of the same tables."""
        silver = sum(totals.live for totals in self._silver)
        return silver + sum(state.rows for state in self.built.values())

    @property
    def _silver(self) -> list[Totals]:
        read = tables_of(self.model.duckdb.full_sql)
        return [self.totals[name] for zone, name in read if zone == Zone.SILVER]


def tables_of(duckdb_sql: str) -> list[tuple[str, str]]:
    """Zone and name of each table that a model's DuckDB SQL names, once each."""
    return list(dict.fromkeys(_TABLE.findall(duckdb_sql)))


def table_of(plan: PlatformPlan, zone: str, name: str) -> str:
    """The Iceberg table of one that `tables_of` gives, by `database.name`."""
    return plan.dataset(name).silver_table if zone == Zone.SILVER else plan.model(name).table


def due_models(ledger: Ledger, plan: PlatformPlan) -> list[str]:
    """Names of the models that lag, in the order in which they can be built.

    A model that reads one of them is due once that has changed, which isn't known before.
    """
    totals = ledger.totals_of(dataset.dataset for dataset in plan.datasets)
    built = {state.model: state for state in ledger.models()}
    return [model.name for model in plan.models if _lags(model, built, totals)]


def _lags(model: GoldModel, built: Mapping[str, ModelState], totals: Mapping[str, Totals]) -> bool:
    """Whether a model must be built again.

    A model of which nothing is published yet waits for its first data.
    """
    published = {name: of.sequence for name, of in totals.items()}
    state = built.get(model.name)
    if state is None:
        below = any(name in built for name in model.models)
        return below or any(published.get(name, 0) > 0 for name in model.datasets)
    if state.digest != model.digest:
        return True
    if any(published.get(name, 0) > state.sequences.get(name, 0) for name in model.datasets):
        return True
    return any(
        built[name].snapshot != state.sequences.get(f"gold.{name}", 0)
        for name in model.models
        if name in built
    )


def changed_rows(
    plan: PlatformPlan, model: GoldModel, known: Consumed, now: Consumed, snapshots: Snapshots
) -> ChangedRows | None:
    """The changed rows of one input from which the model can be brought up to date.

    None where they don't suffice: when another input moved too, since it may touch any row; when
    rows that the model has seen were deleted or, of a gold table, updated, since what they were
    can't be read; and when the snapshots that would say so have expired.
    """
    name = model.incremental
    if not name or name not in known:
        return None
    gold = name.removeprefix(f"{Zone.GOLD}.")
    if gold != name:
        return _appended(plan.model(gold), name, known, now, snapshots)
    if any(known.get(other) != at for other, at in now.items() if other != name):
        return None
    table, sequence = plan.dataset(name).silver_table, known[name]
    for snapshot in snapshots(table):
        if SEQUENCE_PROPERTY not in snapshot.summary:
            continue
        if int(snapshot.summary[SEQUENCE_PROPERTY]) <= sequence:
            return ChangedRows(table, sequence=sequence)
        if int(snapshot.summary.get(DELETED_PROPERTY, "0")):
            return None
    return None


def _appended(
    below: GoldModel, name: str, known: Consumed, now: Consumed, snapshots: Snapshots
) -> ChangedRows | None:
    """New rows of a gold table that had nothing else since.

    Such a model reads gold tables alone: a dataset below them counts by what it changed in them.
    """
    tables = {other: at for other, at in now.items() if other.startswith(f"{Zone.GOLD}.")}
    if any(known.get(other) != at for other, at in tables.items() if other != name):
        return None
    for snapshot in snapshots(below.table):
        if snapshot.snapshot_id == known[name]:
            return ChangedRows(below.table, snapshot=snapshot.snapshot_id, until=now[name])
        changed = json.loads(snapshot.summary.get(OUTCOMES_PROPERTY, "{}"))
        if changed.get("updated") or changed.get("deleted"):
            return None
    return None
