"""What a first run made of FoodMart, kept for every process of the suite."""

from __future__ import annotations

import pickle
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from embedded_aws.samples.foodmart import Foodmart
from tests.embedded.aggregates import AGGREGATES, grouped
from tests.embedded.harness import Platform
from tests.embedded.shared import alone


@dataclass(frozen=True)
class FirstRun:
    """Its answer, its tables, and who did it."""

    answer: dict[str, Any]
    tables: dict[str, pa.Table]
    engines: dict[str, str]
    job_runs: dict[str, int]
    aggregates: dict[str, list[tuple[Any, ...]]]

    @classmethod
    def of(cls, platform: Platform, foodmart: Foodmart) -> Self:
        """Read as the run left it, whatever came after, but for the warehouse and the jobs."""
        ledger, warehouse = platform.target.ledger, platform.target.warehouse
        chosen = ledger.engines(ledger.runs(1000)[-1].run_id)
        snapshots = platform.first_snapshots.items()
        queries = {table: grouped(foodmart, table, schema="gold.") for table in AGGREGATES}
        return cls(
            answer=platform.first,
            tables={name: platform.table(name, snapshot=snapshot) for name, snapshot in snapshots},
            engines={subject: choice.engine for subject, choice in chosen.items()},
            job_runs=platform.job_runs(),
            aggregates={
                table: [tuple(row.values()) for row in warehouse.query(query)]
                for table, query in queries.items()
            },
        )


@dataclass(frozen=True)
class Kept:
    """A first run that one process makes and another looks at."""

    file: Path

    def alone(self) -> AbstractContextManager[None]:
        """Wait while another process makes it."""
        return alone(self.file)

    def take(self) -> FirstRun | None:
        """What is kept no longer, being large; None: nobody has made it."""
        if not self.file.exists():
            return None
        found: FirstRun = pickle.loads(self.file.read_bytes())
        self.file.unlink()
        return found

    def write(self, first: FirstRun) -> None:
        """For `take`, here or elsewhere."""
        self.file.write_bytes(pickle.dumps(first))
