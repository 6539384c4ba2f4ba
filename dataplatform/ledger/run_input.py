"""The input of the `pipeline` state machine: docs/run-input.md says what it means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from dataplatform.errors import InvalidRunInput, Problem
from dataplatform.ledger.input_problems import input_problem, unknown_keys
from dataplatform.ledger.input_values import dataset_problems, engine_of, window
from dataplatform.ledger.records import iso

_KEYS: Final = ("datasets", "from", "to", "engine", "replay", "accept", "refresh")
_REPLAY_KEYS: Final[Mapping[str, Any]] = {"dataset": "", "batches": [], "reason": ""}


@dataclass(frozen=True, kw_only=True)
class ReplayInput:
    """Rows of quarantine to take through the pipeline again.

    batches: whose rows; empty means every batch of which some wait. reason: text that one of a
    row's reasons holds; "" for any.
    """

    dataset: str
    batches: tuple[str, ...] = ()
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As a person would have written it."""
        said = {"dataset": self.dataset, "batches": list(self.batches), "reason": self.reason}
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True, kw_only=True)
class RunInput:
    """What a run is narrowed to.

    datasets: empty means all. since, until: "" means open; else UTC, half open [since, until).
    engine: "duckdb" or "spark" for every dataset and model, whatever its size; "" to choose.
    replay: rows of quarantine instead of what has landed; the run is its dataset's then.
    accept: datasets that are published whatever their gates and bounds find.
    refresh: gold and the warehouse alone: nothing is pulled, batched or merged.
    """

    datasets: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    engine: str = ""
    replay: ReplayInput | None = None
    accept: tuple[str, ...] = ()
    refresh: bool = False

    def selects(self, dataset: str) -> bool:
        """Whether the run is about a dataset."""
        return not self.refresh and (not self.datasets or dataset in self.datasets)

    def to_json(self) -> str:
        """As a person would have written it, times in UTC."""
        said: dict[str, Any] = {"datasets": list(self.datasets)}
        said |= {"from": self.since, "to": self.until, "engine": self.engine}
        said["replay"] = self.replay.to_dict() if self.replay else {}
        said["accept"] = list(self.accept)
        said["refresh"] = self.refresh
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
            replay=_replay_from(said["replay"]) if "replay" in said else None,
            accept=tuple(said.get("accept", ())),
            refresh=bool(said.get("refresh", False)),
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
    datasets = _datasets("datasets", raw, known, problems, "leave the key out for all")
    accept = _datasets("accept", raw, known, problems, "leave the key out for none")
    for name in accept:
        if datasets and name not in datasets:
            expected = f"datasets that the run is about: {', '.join(datasets)}"
            problems.append(input_problem("accept", name, expected))
    since, until = window(raw, problems, now=now)
    engine = engine_of(raw, problems)
    replay = _replay(raw, known, problems) if "replay" in raw else None
    refresh = _refresh(raw, problems) if "refresh" in raw else False
    if problems:
        raise _invalid(problems)
    return RunInput(
        datasets=(replay.dataset,) if replay else datasets,
        since=iso(since) if since else "",
        until=iso(until) if until else "",
        engine=engine,
        replay=replay,
        accept=accept,
        refresh=refresh,
    )


def _refresh(raw: Mapping[str, Any], problems: list[Problem]) -> bool:
    said = raw["refresh"]
    if not isinstance(said, bool):
        problems.append(input_problem("refresh", said, "true, or leave the key out"))
    elif said and (beside := [key for key in raw if key not in ("refresh", "engine")]):
        expected = "nothing but engine beside refresh, which takes up no records"
        problems += [input_problem(key, raw[key], expected) for key in beside if key in _KEYS]
    return bool(said)


def _replay(
    raw: Mapping[str, Any], known: Sequence[str], problems: list[Problem]
) -> ReplayInput | None:
    said, before = raw["replay"], len(problems)
    if not isinstance(said, dict):
        problems.append(input_problem("replay", said, 'an object such as {"dataset": "sales"}'))
        return None
    problems += [
        replace(problem, field=f"replay.{problem.field}")
        for problem in unknown_keys(said, _REPLAY_KEYS)
    ]
    dataset, batches, reason = (said.get(key, empty) for key, empty in _REPLAY_KEYS.items())
    if unknown := dataset_problems("replay.dataset", dataset, known):
        problems += unknown
    elif raw.get("datasets", [dataset]) != [dataset]:
        expected = f'["{dataset}"], as the replay is of that dataset alone; or leave the key out'
        problems.append(input_problem("datasets", raw["datasets"], expected))
    if not isinstance(batches, list) or not all(isinstance(name, str) for name in batches):
        expected = "a list of batch ids; leave the key out for all"
        problems.append(input_problem("replay.batches", batches, expected))
    if not isinstance(reason, str):
        expected = "text that one of a row's reasons holds; leave the key out for any"
        problems.append(input_problem("replay.reason", reason, expected))
    for key in ("from", "to"):
        if key in raw:
            expected = "no window: a replay takes no landed objects"
            problems.append(input_problem(key, raw[key], expected))
    return _replay_from(said) if len(problems) == before else None


def _replay_from(said: Mapping[str, Any]) -> ReplayInput:
    return ReplayInput(
        dataset=said["dataset"],
        batches=tuple(dict.fromkeys(said.get("batches", ()))),
        reason=said.get("reason", ""),
    )


def _datasets(
    key: str, raw: Mapping[str, Any], known: Sequence[str], problems: list[Problem], without: str
) -> tuple[str, ...]:
    if key not in raw:
        return ()
    value = raw[key]
    if not isinstance(value, list) or not value:
        expected = f"a list of datasets with at least one; {without}"
        problems.append(input_problem(key, value, expected))
        return ()
    for index, name in enumerate(value):
        problems += dataset_problems(f"{key}[{index}]", name, known)
    return tuple(dict.fromkeys(name for name in value if isinstance(name, str)))


def _invalid(problems: Sequence[Problem]) -> InvalidRunInput:
    return InvalidRunInput(problems, why="Nothing was started.")
