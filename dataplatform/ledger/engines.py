"""Which engine publishes a dataset in a run, and why."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from dataplatform.ledger.runs import Runs
from dataplatform.ledger.writes import ABSENT, Item, Refused, put
from dataplatform.naming import GOLD_MODELS, Engine

ENGINE_STEP: Final = "engine"
"""The step of a run's timeline that says what was chosen; its detail is `duckdb · 6 MB batch`."""


def model_subject(model: str) -> str:
    """What stands for one gold model, which may have a dataset's name."""
    return f"{GOLD_MODELS}.{model}"


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """What was chosen for a dataset in a run; `reason` is for people."""

    run_id: str
    dataset: str
    engine: Engine
    reason: str

    def __str__(self) -> str:
        return f"{self.engine} · {self.reason}"


class Engines(Runs):
    """One choice a run and dataset, made once; it changes only from DuckDB to Spark."""

    def choose_engine(self, run_id: str, dataset: str, engine: Engine, reason: str) -> EngineChoice:
        """Note a choice; returns the one that stands, which is an earlier one where there is one.

        So a step that is repeated after a hand-over doesn't take the dataset back from Spark.
        """
        choice = EngineChoice(run_id=run_id, dataset=dataset, engine=engine, reason=reason)
        _, step = self._step(run_id, ENGINE_STEP, dataset=dataset, detail=str(choice))
        try:
            self._write(put(_item(choice), ABSENT), step)
        except Refused:
            return self.engine(run_id, dataset) or choice
        return choice

    def leave_to_spark(self, run_id: str, dataset: str, reason: str) -> EngineChoice:
        """Note that Spark takes over what a function couldn't do; once, however often said."""
        choice = EngineChoice(run_id=run_id, dataset=dataset, engine="spark", reason=reason)
        if self.engine(run_id, dataset) != choice:
            self._write(put(_item(choice)))
            self.step(run_id, ENGINE_STEP, dataset=dataset, detail=str(choice))
        return choice

    def engine(self, run_id: str, dataset: str) -> EngineChoice | None:
        """What was chosen; None before the choice."""
        item = self._get(f"run#{run_id}", f"engine#{dataset}")
        return _choice(item) if item else None

    def engines(self, run_id: str) -> dict[str, EngineChoice]:
        """Every choice of a run, by dataset."""
        found = self._query(f"run#{run_id}", prefix="engine#")
        return {item["dataset"]: _choice(item) for item in found}


def _item(choice: EngineChoice) -> Item:
    key = {"pk": f"run#{choice.run_id}", "sk": f"engine#{choice.dataset}"}
    return {**key, **vars(choice)}


def _choice(item: Item) -> EngineChoice:
    return EngineChoice(**{f.name: item[f.name] for f in fields(EngineChoice)})
