"""A lake with silver tables, and gold models over them that DuckDB builds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.compiler.platform import compile_platform
from dataplatform.duckdb_engine.gold import DuckdbGold
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.gold.builder import GoldBuilder
from dataplatform.gold.records import Counts
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import PIPELINE_LEASE, Outcomes
from dataplatform.naming import DELETED_PROPERTY, SEQUENCE_PROPERTY, Names, changes_table
from dataplatform.plans.model import PlatformPlan
from tests.unit.support.contracts import ORDERS, named, project
from tests.unit.support.lakes import STAGE, Lake, lakes
from tests.unit.support.ledgers import TABLE, create_table, landed

DIM = "-- key: order_id\nSELECT c.order_id, c.state FROM silver.carts AS c\n"
FACT = (
    "-- key: order_id\n-- incremental: orders\n"
    "SELECT o.order_id, o.state, o.amount FROM silver.orders AS o\n"
)
TOTALS = (
    "-- key: state, cart\n-- incremental: fact\n"
    "SELECT COALESCE(f.state, 'none') AS state, COALESCE(d.state, 'none') AS cart,\n"
    "CAST(SUM(f.amount) AS DECIMAL(20,4)) AS amount, COUNT(*) AS orders, MAX(f.amount) AS largest\n"
    "FROM gold.fact AS f LEFT JOIN gold.dim AS d ON f.order_id = d.order_id\n"
    "GROUP BY COALESCE(f.state, 'none'), COALESCE(d.state, 'none')\n"
)
MODELS = {"dim": DIM, "fact": FACT, "totals": TOTALS}
MIB = 1 << 20


def plan_of(root: Path, models: dict[str, str]) -> PlatformPlan:
    """Two equal datasets, orders and carts, and these gold models."""
    files = {f"models/shop/gold/{name}.sql": sql for name, sql in models.items()}
    files["contracts/shop/orders.odcs.yaml"] = ORDERS
    files["contracts/shop/carts.odcs.yaml"] = named("carts")
    return compile_platform(project(root, files), Names(STAGE))


@dataclass
class GoldShop:
    """Silver as tests change it, and gold as the builder makes it of that."""

    lake: Lake
    plan: PlatformPlan
    ledger: Ledger
    engines: ExitStack
    limit: int = 64 * MIB
    silver: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    run_id: str = ""
    runs: int = 0

    def deploy(self, plan: PlatformPlan) -> None:
        """Another plan, and its tables."""
        self.plan = plan
        self.lake.migrate(plan)

    def run(self) -> str:
        """Begin another run of the pipeline; the one before has ended."""
        if holder := self.ledger.lease_holder(PIPELINE_LEASE):
            self.ledger.release_lease(PIPELINE_LEASE, holder.owner)
        self.runs += 1
        self.run_id = f"run-{self.runs}"
        self.ledger.open_run(self.run_id, f"arn:{self.runs}", "{}")
        return self.run_id

    def publish(self, dataset: str, rows: dict[int, tuple[str | None, str]], *deleted: int) -> None:
        """Publish orders (number -> state, amount) in silver, and the ledger's part of that."""
        stands = self.silver.setdefault(dataset, {})
        sequence = self.ledger.next_sequence(dataset)
        new = {
            number: {
                "order_id": number,
                "state": state,
                "amount": Decimal(amount),
                "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
                "_sequence": sequence,
            }
            for number, (state, amount) in rows.items()
        }
        only_new = not (stands.keys() & new.keys() or deleted)
        stands |= new
        for number in deleted:
            del stands[number]
        name = self.plan.dataset(dataset).silver_table
        table = LakeTable.open(name)
        written = list((new if only_new else stands).values())
        with DataFiles(open_table(name), {}) as files:
            files.write(pa.RecordBatch.from_pylist(written, schema=files.arrow_schema))
        table.publish(
            added=files.finish(),
            removed=[] if only_new else table.files(),
            properties={SEQUENCE_PROPERTY: str(sequence), DELETED_PROPERTY: str(len(deleted))},
            expected_rows=lambda before: len(stands),
        )
        self._tell_ledger(dataset, sequence)

    def gold(self, **changed: Any) -> DuckdbGold:
        """The engine of one call."""
        usual = {"memory": 1024 * MIB, "storage": 1024 * MIB, "limit": self.limit}
        engine = DuckdbGold(plan=self.plan, **usual | changed)
        return self.engines.enter_context(closing(engine))

    def builder(self, **changed: Any) -> GoldBuilder:
        """A builder of the current run."""
        return GoldBuilder(
            engine=self.gold(),
            ledger=self.ledger,
            plan=self.plan,
            run_id=self.run_id,
            bucket="gold",
            lease=partial(self.ledger.lease, owner=f"call/{self.run_id}/gold/1", seconds=60),
            **changed,
        )

    def build(self, name: str) -> Counts | None:
        """Build a model in a run of its own."""
        self.run()
        return self.builder().build_due(name)

    def rows(self, model: str) -> list[tuple[Any, ...]]:
        """A gold table as readers see it."""
        found = self.lake.rows(self.plan.model(model).table)
        return sorted((tuple(row.values()) for row in found), key=repr)

    def exported(self, model: str) -> list[tuple[Any, ...]]:
        """Changed rows in the files that the newest pending export hands to the warehouse."""
        load = self.ledger.pending_loads(model)[-1]
        key = load.export_uri.removeprefix("s3://gold/")
        body = json.loads(self.lake.s3.get_object(Bucket="gold", Key=key)["Body"].read())
        urls = {entry["url"] for entry in body["entries"]}
        table = open_table(changes_table(self.plan.model(model).table))
        sizes = {task.file.file_path: task.file for task in table.scan().plan_files()}
        for entry in body["entries"]:
            assert entry["meta"]["content_length"] == sizes[entry["url"]].file_size_in_bytes
        files = [pa.parquet.read_table(table.io.new_input(url).open()).to_pylist() for url in urls]
        return sorted((tuple(row.values()) for rows in files for row in rows), key=repr)

    def _tell_ledger(self, dataset: str, sequence: int) -> None:
        run_id = self.run_id or self.run()
        self.ledger.register_object(landed(f"{dataset}-{sequence}", dataset=dataset))
        batch = self.ledger.open_batch(run_id, dataset, self.ledger.due_objects(dataset))
        self.ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
        outcomes = Outcomes(duplicate=1)
        live = len(self.silver[dataset])
        self.ledger.publish_batch(batch.batch_id, outcomes, sequence=sequence, live=live)


@contextmanager
def gold_shops(root: Path) -> Iterator[GoldShop]:
    """A migrated lake without rows."""
    with lakes() as lake, ExitStack() as engines:
        create_table()
        plan = plan_of(root, MODELS)
        shop = GoldShop(lake, plan, Ledger.connect(TABLE), engines)
        shop.deploy(plan)
        shop.run()
        yield shop
