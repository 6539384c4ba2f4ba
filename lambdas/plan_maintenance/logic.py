"""The tables of a maintenance run: all of the plan, or those that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataplatform.adapters.iceberg.definitions import definitions
from dataplatform.errors import InvalidRunInput, Problem
from dataplatform.ledger.input_problems import input_problem, unknown_keys
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LakeSettings
from dataplatform.suggestions import did_you_mean

_TABLES = "tables"


def plan_maintenance(
    plan: PlatformPlan, lake: LakeSettings, *, raw: Any, run: str
) -> dict[str, Any]:
    """One item a table, for the state machine to go through.

    Args:
        raw: the execution's input: `{}` or `{"tables": ["silver.sales", …]}`.

    Raises:
        InvalidRunInput: with every unknown key and table.
    """
    names = Names(lake.stage)
    known = {names.short(table.name): table.name for table in definitions(plan, lake)}
    if problems := list(_problems(raw, known)):
        raise InvalidRunInput(problems, why="No table was touched.")
    wanted = (raw or {}).get(_TABLES) or known
    return {"run": run, "tables": [{"run": run, "table": known[name]} for name in wanted]}


def _problems(raw: Any, known: Mapping[str, str]) -> Iterator[Problem]:
    if raw is not None and not isinstance(raw, dict):
        yield input_problem("$", raw, "an object: {} looks after every table")
        return
    given = raw or {}
    yield from unknown_keys(given, (_TABLES,))
    tables = given.get(_TABLES) or []
    if not isinstance(tables, list):
        yield input_problem(_TABLES, tables, "a list of tables")
        return
    for index, name in enumerate(tables):
        if name not in known:
            expected = f"a table of the plan, such as {next(iter(known))}"
            yield input_problem(
                f"{_TABLES}[{index}]", name, expected, did_you_mean(str(name), known)
            )
