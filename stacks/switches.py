"""A stage's switches: read from `stages` in cdk.json, typed, and refused by name when wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from dataplatform.errors import InvalidConfiguration, Problem
from dataplatform.suggestions import did_you_mean
from stacks.runtime import RUNTIMES
from stacks.stage import RETENTION_OF_DAYS, Stage

CONFIGURATION_FILE: Final = "cdk.json"
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,9}")
_RATE: Final = re.compile(r"rate\([1-9]\d* (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((?:\S+ ){2}(\S+) \S+ (\S+) \S+\)")
"""Six fields; of the days of month and of week one is `?`.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"""
_ZONES: Final = re.compile(r"(?!.*(.).*\1)[a-z]{3}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

_FROM_CONTEXT: Final = ("name", "allow_erase")
_SWITCHES: Final = {f.name: f for f in fields(Stage) if f.name not in _FROM_CONTEXT}


def load_stage(context: Mapping[str, Any], *, root: Path) -> Stage:
    """Read the stage that `-c stage=NAME` names (dev by default).

    Args:
        context: `stages`, `stage` and `allow_erase` as the CDK gives them.
        root: the project, to say on which line of cdk.json a problem stands.

    Raises:
        InvalidConfiguration: every unknown key, missing key and wrong value, together.
    """
    stages = context.get("stages")
    name = context.get("stage") or "dev"
    problems = list(_problems(stages, name, context.get("allow_erase")))
    if problems:
        raise InvalidConfiguration(
            [_located(problem, root) for problem in problems], why="Nothing was synthesized."
        )
    assert isinstance(stages, Mapping)
    return Stage(name=name, allow_erase=_flag(context.get("allow_erase")), **stages[name])


def _problems(stages: object, name: object, allow_erase: object) -> Iterator[Problem]:
    if not isinstance(stages, Mapping) or not stages:
        yield _problem("context.stages", found=repr(stages), expected="an object, a key a stage")
        return
    for stage, switches in stages.items():
        if not _STAGE_NAME.fullmatch(stage):
            yield _problem(
                f"stages.{stage}",
                found=repr(stage),
                expected="a name of at most 10 lower-case letters and digits",
            )
        yield from _switch_problems(stage, switches)
    if name not in stages:
        yield _problem("stage", found=repr(name), expected=f"one of {', '.join(stages)}")
    if str(allow_erase).lower() not in ("none", "true", "false"):
        yield _problem("allow_erase", found=repr(allow_erase), expected="true or false")


def _switch_problems(stage: str, switches: object) -> Iterator[Problem]:
    if not isinstance(switches, Mapping):
        yield _problem(f"stages.{stage}", found=repr(switches), expected="an object of switches")
        return
    for key in switches.keys() - _SWITCHES.keys():
        yield _problem(
            f"stages.{stage}.{key}",
            found="an unknown key",
            expected=f"one of {', '.join(_SWITCHES)}",
            remedy=did_you_mean(key, _SWITCHES),
        )
    for key, switch in _SWITCHES.items():
        if key not in switches:
            yield _problem(f"stages.{stage}.{key}", found="nothing", expected=_expected(key))
        elif not _fits(key, switches[key], str(switch.type)):
            yield _problem(
                f"stages.{stage}.{key}", found=repr(switches[key]), expected=_expected(key)
            )


_RANGES: Final = {
    "redshift_rpu_hours": (1, None),
    "workers": (2, 100),
    # 0: Spark stages every batch.
    "stage_function_mib": (0, None),
    # Below, DuckDB, PyIceberg and PyArrow leave no room for rows. Above: Lambda's own limits.
    "duckdb_memory_mib": (1024, 10_240),
    "duckdb_storage_mib": (512, 10_240),
    # 0: nothing is tried, every batch is Spark's.
    "duckdb_batch_mib": (0, None),
    "duckdb_batch_rows": (0, None),
    "duckdb_table_mib": (0, None),
}
"""Whole numbers from and, where there is one, to a limit."""

_WHEN: Final = (
    '"", a rate as "rate(1 hour)", or six fields as "cron(0 2 * * ? *)", one of the days being ?'
)
_EXPECTED: Final = {
    "runtime": f"one of {', '.join(RUNTIMES)}",
    "zones": 'three different letters of zones ("abd"), or ""',
    "schedule": _WHEN,
    "maintenance_schedule": _WHEN,
    "alarm_email": 'an address, or ""',
    "redshift_rpu": "4 or 8",
    "log_retention_days": f"one of {', '.join(map(str, RETENTION_OF_DAYS))}",
}
"""Of all that is neither a whole number in a range nor true or false."""


def _expected(key: str) -> str:
    if key not in _RANGES:
        return _EXPECTED.get(key, "true or false")
    least, most = _RANGES[key]
    return f"a whole number from {least}" + (f" to {most}" if most else "")


def _fits(key: str, value: object, kind: str) -> bool:
    if type(value).__name__ != kind:
        return False
    match key, value:
        case "runtime", str():
            return value in RUNTIMES
        case "schedule" | "maintenance_schedule", str():
            return value == "" or _is_schedule(value)
        case "zones", str():
            return value == "" or _ZONES.fullmatch(value) is not None
        case "alarm_email", str():
            return value == "" or _EMAIL.fullmatch(value) is not None
        case "redshift_rpu", int():
            return value in (4, 8)
        case "log_retention_days", int():
            return value in RETENTION_OF_DAYS
        case _, int() if key in _RANGES:
            least, most = _RANGES[key]
            return least <= value and (most is None or value <= most)
    return True


def _is_schedule(value: str) -> bool:
    cron = _CRON.fullmatch(value)
    return "?" in cron.groups() if cron else _RATE.fullmatch(value) is not None


def _flag(value: object) -> bool:
    return str(value).lower() == "true"


def _problem(field: str, *, found: str, expected: str, remedy: str = "") -> Problem:
    return Problem(
        file=CONFIGURATION_FILE,
        line=None,
        field=field,
        found=found,
        expected=expected,
        remedy=remedy,
    )


def _located(problem: Problem, root: Path) -> Problem:
    """Add the line on which the field's key stands within its stage, or else the stage."""
    scope, *keys = problem.field.split(".")
    if not keys:  # of `-c`
        return problem
    lines = (root / CONFIGURATION_FILE).read_text().splitlines()
    return replace(problem, line=_line(lines, keys if keys[0] == "stages" else [scope, *keys]))


def _line(lines: Sequence[str], keys: Iterable[str]) -> int | None:
    """Where the last of these keys is that is written, each within the one before it."""
    at, begin, end = None, 0, len(lines)
    for key in keys:
        found = next((n for n in range(begin, end) if f'"{key}":' in lines[n]), None)
        if found is None:
            break
        at, begin, end = found + 1, found, _end(lines, found)
    return at


def _end(lines: Sequence[str], begin: int) -> int:
    """The line after the one on which the object that begins on a line ends."""
    depth = 0
    for number in range(begin, len(lines)):
        depth += lines[number].count("{") - lines[number].count("}")
        if depth <= 0:
            return number + 1
    return len(lines)
