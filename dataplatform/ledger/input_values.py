"""Values that inputs of several state machines have: dataset, engine, window of arrival times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, get_args

from dataplatform.errors import Problem
from dataplatform.ledger.input_problems import input_problem
from dataplatform.ledger.records import iso
from dataplatform.naming import Engine
from dataplatform.suggestions import did_you_mean

_TIME: Final = 'an ISO 8601 date or time such as "2026-11-21" or "2026-11-21T10:00:00Z"'

_ENGINES: Final = get_args(Engine)


def dataset_problems(field: str, name: Any, known: Collection[str]) -> list[Problem]:
    """A problem where no contract declares the dataset."""
    if isinstance(name, str) and name in known:
        return []
    expected = f"a dataset with a contract: {', '.join(known) or 'there is none'}"
    return [input_problem(field, name, expected, did_you_mean(str(name), known))]


def window(
    raw: Mapping[str, Any], problems: list[Problem], *, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When objects arrived that an execution is about: [from, to), each None where it isn't given.

    Args:
        raw: the input; a time without an offset is UTC.
        problems: where those of the window are added.
        now: an aware time; nothing has arrived after it.
    """
    since, until = (
        _time(key, raw[key], problems) if key in raw else None for key in ("from", "to")
    )
    if since and until and since >= until:
        expected = f'a time after "from" ({iso(since)}); the window is [from, to)'
        problems.append(input_problem("to", raw["to"], expected))
    if since and since > now:
        expected = f"a time that has been (now: {iso(now)})"
        problems.append(input_problem("from", raw["from"], expected))
    return since, until


def engine_of(raw: Mapping[str, Any], problems: list[Problem]) -> str:
    """The engine that an execution asks for; "" to choose by size.

    Args:
        problems: where that of a wrong engine is added.
    """
    engine = raw.get("engine", "")
    if "engine" in raw and engine not in _ENGINES:
        expected = f"one of {', '.join(_ENGINES)}; leave the key out to choose by size"
        problems.append(
            input_problem("engine", engine, expected, did_you_mean(str(engine), _ENGINES))
        )
    return str(engine)


def _time(key: str, value: Any, problems: list[Problem]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # the year 1 begins earlier in the east
        problems.append(input_problem(key, value, _TIME))
        return None
