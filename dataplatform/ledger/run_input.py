"""The input of the `pipeline` state machine: docs/run-input.md says what it means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from dataplatform.errors import InvalidRunInput, Problem
from dataplatform.ledger.input_problems import input_problem, nearest, unknown_keys
from dataplatform.ledger.records import iso

_KEYS: Final = ("datasets", "from", "to", "engine")
_ENGINES: Final = ("duckdb", "spark")
_TIME: Final = 'an ISO 8601 date or time such as "2026-11-21" or "2026-11-21T10:00:00Z"'


@dataclass(frozen=True, kw_only=True)
class RunInput:
    """What a run is narrowed to.

    datasets: empty means all. since, until: "" means open; else UTC, half open [since, until).
    engine: "duckdb" or "spark" for every dataset and model, whatever its size; "" to choose.
    """

    datasets: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    engine: str = ""

    def selects(self, dataset: str) -> bool:
        """Whether the run is about a dataset."""
        return not self.datasets or dataset in self.datasets

    def to_json(self) -> str:
        """As a person would have written it, times in UTC."""
        said = {"datasets": list(self.datasets), "from": self.since, "to": self.until}
        said["engine"] = self.engine
        return json.dumps({key: value for key, value in said.items() if value})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        said = json.loads(text)
        return cls(
            datasets=tuple(said.get("datasets", ())),
            since=said.get("from", ""),
            until=said.get("to", ""),
            engine=said.get("engine", ""),
        )


def parse_run_input(raw: Any, known: Sequence[str], now: datetime) -> RunInput:
    """Validate the input of an execution.

    Args:
        raw: the execution's input, from JSON.
        known: datasets that have a contract.
        now: an aware time; nothing has arrived after it.

    Raises:
        InvalidRunInput: with every problem.
    """
    if not isinstance(raw, dict):
        raise _invalid([input_problem("$", raw, "an object: {} runs all that is due")])
    problems = unknown_keys(raw, _KEYS)
    datasets = _datasets(raw.get("datasets"), known, problems) if "datasets" in raw else ()
    since = _time("from", raw["from"], problems) if "from" in raw else None
    until = _time("to", raw["to"], problems) if "to" in raw else None
    if since and until and since >= until:
        problems.append(input_problem("to", raw["to"], f'a time after "from" ({iso(since)})'))
    if since and since > now:
        problems.append(
            input_problem("from", raw["from"], f"a time that has been (now: {iso(now)})")
        )
    engine = raw.get("engine", "")
    if "engine" in raw and engine not in _ENGINES:
        expected = f"one of {', '.join(_ENGINES)}; leave the key out to choose by size"
        problems.append(input_problem("engine", engine, expected, nearest(str(engine), _ENGINES)))
    if problems:
        raise _invalid(problems)
    return RunInput(
        datasets=datasets,
        since=iso(since) if since else "",
        until=iso(until) if until else "",
        engine=engine,
    )


def _datasets(value: Any, known: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        expected = "a list of datasets with at least one; leave the key out for all"
        problems.append(input_problem("datasets", value, expected))
        return ()
    for index, name in enumerate(value):
        if not isinstance(name, str) or name not in known:
            expected = f"a dataset with a contract: {', '.join(known) or 'there is none'}"
            problems.append(
                input_problem(f"datasets[{index}]", name, expected, nearest(str(name), known))
            )
    return tuple(dict.fromkeys(name for name in value if isinstance(name, str)))


def _time(key: str, value: Any, problems: list[Problem]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        problems.append(input_problem(key, value, _TIME))
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _invalid(problems: Sequence[Problem]) -> InvalidRunInput:
    return InvalidRunInput(problems, why="Nothing was started.")
