"""The input of the `backfill` state machine: docs/backfill.md says what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dataplatform.errors import InvalidRunInput, Problem
from dataplatform.ledger.input_problems import input_problem, unknown_keys
from dataplatform.ledger.input_values import dataset_problems, engine_of, window
from dataplatform.ledger.records import iso

_KEYS: Final = ("dataset", "from", "to", "engine", "dry_run")


@dataclass(frozen=True, kw_only=True)
class BackfillInput:
    """What is derived anew: keys of records whose objects arrived in [since, until), UTC.

    engine: "duckdb" or "spark", whatever its size; "" to choose.
    dry_run: only say what would be read, and in how many chunks.
    """

    dataset: str
    since: str
    until: str
    engine: str = ""
    dry_run: bool = False


def parse_backfill_input(raw: Any, known: Sequence[str], now: datetime) -> BackfillInput:
    """Validate the input of an execution.

    Args:
        raw: the execution's input, from JSON.
        known: datasets that have a contract.
        now: an aware time; nothing has arrived after it.

    Raises:
        InvalidRunInput: with every problem.
    """
    if not isinstance(raw, dict):
        expected = "an object with dataset, from and to"
        raise _invalid([input_problem("$", raw, expected)])
    problems = unknown_keys(raw, _KEYS)
    dataset = raw.get("dataset")
    problems += dataset_problems("dataset", dataset, known)
    since, until = window(
        {"from": None, "to": None, **raw}, problems, now=now
    )  # both are asked for
    engine = engine_of(raw, problems)
    dry_run = raw.get("dry_run", False)
    if not isinstance(dry_run, bool):
        problems.append(input_problem("dry_run", dry_run, "true or false"))
    if problems or since is None or until is None:
        raise _invalid(problems)
    return BackfillInput(
        dataset=str(dataset),
        since=iso(since),
        until=iso(until),
        engine=engine,
        dry_run=bool(dry_run),
    )


def _invalid(problems: Sequence[Problem]) -> InvalidRunInput:
    return InvalidRunInput(problems, why="No row was touched.")
