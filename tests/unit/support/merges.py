"""Batches of one dataset through bronze and the DuckDB engine, over moto."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from dataplatform.adapters.bronze import stage
from dataplatform.adapters.replays import stage_replay
from dataplatform.compiler.silver import silver_plan
from dataplatform.duckdb_engine.silver import merge_dataset
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, LandedObject, Outcomes
from dataplatform.ledger.staging import Staged
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import DuckdbSettings
from tests.unit.support.contracts import ORDERS, contract
from tests.unit.support.lakes import LAKE, NAMES, Lake, lakes, plan_of
from tests.unit.support.ledgers import create_table

Record = Mapping[str, object]

SETTINGS = DuckdbSettings(**vars(LAKE), memory_mib="2048", storage_mib="2048")


def orders(text: str = ORDERS) -> SilverPlan:
    """The plan of a contract of orders."""
    return silver_plan(contract(text), NAMES)


def order(key: object, day: int, **fields: object) -> dict[str, object]:
    """An order as it is sent; `_op` says what it does."""
    changed_at = f"2026-01-{day:02d}T00:00:00Z"
    good = {"amount": "1.5", "email": "a@b", "state": "open"}
    return {"order_id": key, **good, "changed_at": changed_at, "_op": "insert"} | fields


@dataclass
class Shop:
    """A lake and a ledger with one dataset."""

    lake: Lake
    ledger: Ledger
    plan: SilverPlan
    directory: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def land(self, *records: Record) -> LandedObject:
        """A CSV file in landing."""
        names = [*(column.name for column in self.plan.columns), "_op"]
        text = io.StringIO()
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(records)
        body = text.getvalue().encode()
        return self.lake.land(f"{next(self._numbers)}.csv", body, self.plan.dataset)

    def staged(self, *records: Record, run: str = "run-1") -> Batch:
        """A batch of one object in bronze."""
        return self.staged_objects([self.land(*records)], run=run)

    def staged_objects(self, objects: Sequence[LandedObject], run: str = "run-1") -> Batch:
        """A batch of objects in bronze."""
        for landed in objects:
            self.ledger.register_object(landed)
        batch = self.ledger.open_batch(run, self.plan.dataset, objects)
        done = stage(
            self.plan, batch, objects, s3=self.lake.s3, directory=self.directory, limit=10**9
        )
        self.ledger.batch_staged(
            batch.batch_id, source=done.source, unreadable=done.unreadable, rows=done.rows
        )
        return self.ledger.batch(batch.batch_id)

    def merge(
        self, *batches: Batch, run: str = "run-1", request: str = "r1", accept: bool = False
    ) -> dict[str, int]:
        """Merge them; the outcomes that aren't 0."""
        done = merge_dataset(
            SETTINGS, self.ledger, self.plan, run, batches, request=request, accept=accept
        )
        return counts(done)

    def stage_replay(self, batch: Batch) -> Staged:
        """Bring a replay into bronze; the ledger isn't told."""
        return stage_replay(
            self.plan,
            batch,
            self.ledger.replays(batch.origin),
            self.ledger.batch_objects(batch.batch_id),
            s3=self.lake.s3,
            directory=self.directory,
            limit=10**9,
        )

    def merged(self, *records: Record) -> dict[str, int]:
        """Stage one batch and merge it."""
        return self.merge(self.staged(*records))

    def evolve(self, plan: SilverPlan) -> None:
        """Deploy another contract of the dataset."""
        self.plan = plan
        self.lake.migrate(plan_of(plan, digest="two"))

    def rows(self) -> dict[Any, dict[str, Any]]:
        """Silver's rows by the first column of the key."""
        first = self.plan.key[0]
        rows = self.lake.rows(self.plan.silver_table)
        found = {row[first]: row for row in rows}
        assert len(found) == len(rows) or not self.plan.primary_key, "a key stands twice"
        return found


def counts(outcomes: Outcomes) -> dict[str, int]:
    """The outcomes that aren't 0."""
    return {name: number for name, number in outcomes.to_dict().items() if number}


@contextmanager
def shops(plan: SilverPlan | None = None) -> Iterator[Shop]:
    """A shop that has no rows yet."""
    with lakes() as lake, TemporaryDirectory() as directory:
        create_table(LAKE.ledger_table)
        plan = plan or orders()
        lake.migrate(plan_of(plan))
        ledger = Ledger(boto3.resource("dynamodb").Table(LAKE.ledger_table))
        yield Shop(lake, ledger, plan, Path(directory))
