"""What rules cost: the same rows into the same silver table by a contract with 20 rules, and by one
without any.

Both contracts have one table's columns, so that they merge into it in turns; what differs is the
plan alone. CPU seconds of the merge, bronze to published, since they hardly depend on what else the
machine does.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from benchmarks.engines import CONTRACT, orders
from benchmarks.lake import RUN, Lake, Taken, lake, timed
from benchmarks.measure import Figure
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import CATALOG, Names

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch
    from dataplatform.plans.model import SilverPlan

ROWS: Final = int(os.environ.get("WEIR_BENCH_ROWS", "1000000"))
RULES: Final = 20
TURNS: Final = 3
TARGET: Final = 1.25

_MEMORY_MIB: Final = "3008"
_STORAGE_MIB: Final = "8192"
_ENGINES: Final = {"duckdb": "DuckDB", "spark": "Spark"}
_NEVER: Final = "^[a-z0-9 ]+$"
_WORDS: Final = ["web", "store", "phone", "app"]


def run() -> list[Figure]:
    """Medians of merges with and without rules, in turns, by each engine."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        bare, ruled = _written(root, "bare", {}), _written(root, "ruled", _rules())
        with lake(bare) as made:
            plans = {"none": made.dataset, "all": _plan(ruled, made)}
            asked = len(plans["all"].checks) + len(plans["all"].gates) - len(plans["none"].checks)
            if asked != RULES or plans["none"].gates:
                raise RuntimeError(f"{asked} rules more than none")
            merges = _Merges(made, plans)
            return [_figure(engine, merges.measured(engine)) for engine in _ENGINES]


class _Merges:
    """New rows into one table, a batch at a time, by either plan."""

    def __init__(self, made: Lake, plans: dict[str, SilverPlan]) -> None:
        self._made = made
        self._plans = plans
        self._batches = 0

    def measured(self, engine: str) -> dict[str, float]:
        """CPU seconds by plan; the first merge of all, which loads and compiles, isn't counted."""
        self._merge(engine, "none")
        taken: dict[str, list[float]] = {"none": [], "all": []}
        for turn in range(TURNS):
            for name in sorted(taken, reverse=turn % 2 == 1):  # neither is always the second
                taken[name].append(self._merge(engine, name).cpu)
        return {name: median(found) for name, found in taken.items()}

    def _merge(self, engine: str, name: str) -> Taken:
        self._batches += 1
        first = self._batches * ROWS
        ids = f"SELECT * FROM range({first}, {first + ROWS})"
        batch = self._made.laid(orders(ids, 0), f"batch-{self._batches}")
        taken: dict[str, Taken] = {}
        if engine == "spark":
            for table in (self._made.dataset.bronze_table, self._made.dataset.silver_table):
                self._made.spark.sql(f"REFRESH TABLE {CATALOG}.{table}")
        with timed(self._made, taken, engine):
            self._publish(engine, self._plans[name], batch)
        return taken[engine]

    def _publish(self, engine: str, plan: SilverPlan, batch: Batch) -> None:
        from dataplatform.duckdb_engine.silver import merge_dataset
        from dataplatform.settings import DuckdbSettings
        from glue_jobs.publication import publish_dataset

        made = self._made
        if engine == "spark":
            outcomes = publish_dataset(made.job, plan, [batch])
        else:
            room = DuckdbSettings(
                **vars(made.settings), memory_mib=_MEMORY_MIB, storage_mib=_STORAGE_MIB
            )
            outcomes = merge_dataset(room, made.ledger, plan, RUN, [batch], request=batch.batch_id)
        if outcomes.inserted != ROWS:
            raise RuntimeError(f"{outcomes}: not every row was inserted")


def _written(root: Path, name: str, quality: dict[str, list[dict[str, Any]]]) -> Path:
    """The benchmarks' contract of orders with these rules alone, by column ("" for the table)."""
    document = YAML(typ="safe", pure=True).load(CONTRACT.read_text())
    (schema,) = document["schema"]
    for column in schema["properties"]:
        column.pop("logicalTypeOptions", None)
        if column["name"] not in ("order_id", "updated_at"):
            column.pop("required", None)
        if rules := quality.get(column["name"]):
            column["quality"] = rules
    if "" in quality:
        schema["quality"] = quality[""]
    path = root / name / CONTRACT.name
    path.parent.mkdir()
    path.write_text(json.dumps(document, default=str))  # JSON is YAML, too
    return path


def _plan(contract: Path, made: Lake) -> SilverPlan:
    root = contract.parent
    folder = root / "contracts" / "bench"
    folder.mkdir(parents=True)
    contract.rename(folder / contract.name)
    return compile_platform(root, Names(made.plan.stage)).datasets[0]


def _rules() -> dict[str, list[dict[str, Any]]]:
    """Twenty rules that every order keeps: twelve of records, three warnings, five of the batch."""
    none: dict[str, Any] = {"metric": "nullValues", "mustBe": 0}
    warns = {"severity": "warning"}

    def invalid(**arguments: Any) -> dict[str, Any]:
        return {"metric": "invalidValues", "mustBe": 0, "arguments": arguments}

    def missing(*values: Any) -> dict[str, Any]:
        return {"metric": "missingValues", "mustBe": 0, "arguments": {"missingValues": [*values]}}

    count = "SELECT COUNT(*) FROM ${object} WHERE ${property} < 0"
    return {
        "customer_id": [none, missing(-1, -9)],
        "product_id": [none, missing(-1)],
        "quantity": [none, invalid(validValues=list(range(1, 11)))],
        "amount": [
            none,
            {"type": "sql", "query": count, "mustBe": 0},
            {"metric": "nullValues", "mustBeLessThan": 1, "unit": "percent"},
        ],
        "channel": [
            none,
            invalid(validValues=_WORDS),
            {**invalid(pattern="^[a-z]+$"), **warns},
            {**missing("none"), **warns},
            {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"},
        ],
        "note": [none, invalid(pattern=_NEVER), {**missing("n/a", "-"), **warns}],
        "ordered_on": [none],
        "": [
            {"metric": "rowCount", "mustBeGreaterThan": 0},
            {"type": "sql", "query": "SELECT MAX(amount) FROM ${object}", "mustBeLessThan": 1e6},
        ],
    }


def _figure(engine: str, seconds: dict[str, float]) -> Figure:
    return Figure(
        name=f"silver with {RULES} rules, {ROWS:,} rows by {_ENGINES[engine]}",
        value=round(seconds["all"], 2),
        unit="CPU s",
        target=round(TARGET * seconds["none"], 2),
        rival="silver without any",
        rival_value=round(seconds["none"], 2),
        note=f"medians of {TURNS}, in turns; both profile the batch",
    )
