"""The tables of a maintenance run: all of the plan, or those that were asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from dataplatform.adapters.iceberg_tables import definitions
from dataplatform.errors import InvalidRunInput, Problem
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LakeSettings

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
    known = {
        _short(definition.name, lake.stage): definition.name
        for definition in definitions(plan, lake)
    }
    if problems := list(_problems(raw, known)):
        raise InvalidRunInput(problems, why="No table was touched.")
    wanted = (raw or {}).get(_TABLES) or known
    return {"run": run, "tables": [{"run": run, "table": known[name]} for name in wanted]}


def _short(table: str, stage: str) -> str:
    """`silver.sales` of `weir_dev_silver.sales`"""
    return table.removeprefix(f"weir_{stage}_")


def _problems(raw: Any, known: Mapping[str, str]) -> Iterator[Problem]:
    if raw is not None and not isinstance(raw, dict):
        yield _problem("input", found=repr(raw), expected="an object")
        return
    given = raw or {}
    for key in given.keys() - {_TABLES}:
        yield _problem(str(key), found="an unknown key", expected=_TABLES)
    tables = given.get(_TABLES) or []
    if not isinstance(tables, list):
        yield _problem(_TABLES, found=repr(tables), expected="a list of tables")
        return
    for name in tables:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            yield _problem(
                _TABLES,
                found=repr(name),
                expected=f"a table of the plan, such as {next(iter(known))}",
                remedy=f"Did you mean {near[0]}?" if near else "",
            )


def _problem(field: str, *, found: str, expected: str, remedy: str = "") -> Problem:
    return Problem(
        file="input", line=None, field=field, found=found, expected=expected, remedy=remedy
    )
