"""One definition, two engines: each step of a dataset gives the same rows in Spark and DuckDB."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names
from dataplatform.plans.model import SilverPlan, fill
from tests.unit.support.conditions import CONDITIONS, conditions
from tests.unit.support.engines import Engines, differences, examples, rows, table
from tests.unit.support.generated import (
    CHECKS,
    KINDS,
    ZONES,
    bronze_columns,
    bronze_rows,
    generated_contract,
)

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.slow,
]

CONTRACTS = 20
ROWS = 1_000
EACH = 5
"""So many values at least are in each of the conditions that engines have differed in, or might."""
_PLACE = BronzeColumn.POSITION.value
_WITH_PLACES = "(SELECT *, 0 AS _file, 0 AS _at FROM silver)"

generated = examples(CONTRACTS)


def test_generated_contracts_give_the_same_rows_reasons_and_actions(both: Engines) -> None:
    seen: list[set[str]] = []
    outcomes: set[str] = set()
    counted: Counter[str] = Counter()

    @generated
    @given(seed=st.integers(0, 2**32))
    def check(seed: int) -> None:
        found, used = generated_contract(seed)
        plan = silver_plan(found, Names("dev"))
        outcomes.update(_check(both, plan, seed))
        counted.update(conditions(plan.columns, bronze_rows(plan, seed, ROWS)))
        seen.append(used)

    check()
    assert len(seen) == CONTRACTS
    assert set().union(*seen) >= {*KINDS, *CHECKS, *ZONES, "no key", "error", "warning"}
    assert not [name for name in ("null", *CONDITIONS) if counted[name] < EACH], counted
    assert outcomes == {"insert", "update", "delete", "duplicate", "superseded", "quarantined"}


def _check(both: Engines, plan: SilverPlan, seed: int) -> set[str]:
    """Compare both engines on one contract; returns the kinds of outcomes that there were."""
    both.put("silver", _silver(both, plan, seed + 1))
    both.put("bronze", table(bronze_columns(plan), bronze_rows(plan, seed, ROWS)))
    columns = [_PLACE, *(column.name for column in plan.columns), "_reasons"]
    columns += ["_warnings"] if plan.warns else []
    columns += ["_part"]
    typed = [
        engine(f"SELECT *, {sql.part} AS _part FROM ({fill(sql.typed, bronze='bronze')})", "typed")
        for engine, sql in ((both.in_spark, plan.spark), (both.in_duckdb, plan.duckdb))
    ]
    ours, theirs = (sorted(rows(found, columns, signed=True)) for found in map(_by_place, typed))
    assert not differences(ours, theirs, columns), _described(plan)
    good = {both.in_spark: "size", both.in_duckdb: "len"}
    _check_gates(both, plan, good)
    names = [_PLACE, "_rank", "_action", "_backfilled"]
    compared = []
    for engine, sql in ((both.in_spark, plan.spark), (both.in_duckdb, plan.duckdb)):
        kept = f"(SELECT * FROM typed WHERE {good[engine]}(_reasons) = 0)"
        newest = f"({fill(sql.newest, good=kept)})"
        anew = fill(sql.backfilled, newest=newest, silver="silver")
        merged = fill(sql.classified, newest=newest, silver=_WITH_PLACES)
        found = engine(
            f"SELECT m.{_PLACE}, m._rank, m._action, a._action AS _backfilled "
            f"FROM ({merged}) AS m JOIN ({anew}) AS a ON m.{_PLACE} = a.{_PLACE}"
        )
        compared.append(sorted(rows(found, names)))
    ours, theirs = compared
    assert not differences(ours, theirs, names), _described(plan)
    bad = {"quarantined"} if len(compared[0]) < ROWS else set()
    return bad | {"superseded" if rank > 1 else action for _, rank, action, _ in compared[0]}


def _check_gates(both: Engines, plan: SilverPlan, good: dict[Any, str]) -> None:
    """All figures of a batch in one query, and of a batch without records."""
    for wanted in ("= 0", "< 0"):
        answers = []
        for engine, sqls in (
            (both.in_spark, [gate.spark for gate in plan.gates]),
            (both.in_duckdb, [gate.duckdb for gate in plan.gates]),
        ):
            records = f"(SELECT * FROM typed WHERE {good[engine]}(_reasons) {wanted})"
            figures = ", ".join(f"({sql}) AS f{n}" for n, sql in enumerate(sqls))
            (found,) = engine(fill(f"SELECT {figures} FROM {records}", records=records)).to_pylist()
            answers.append([_figure(value) for value in found.values()])
        named = dict(
            zip((gate.name for gate in plan.gates), zip(*answers, strict=True), strict=True)
        )
        assert answers[0] == answers[1], (named, _described(plan))


def _figure(value: object) -> object:
    """A count is the same whether its engine calls it int, bigint or decimal."""
    return value if value is None else float(value)  # type: ignore[arg-type]


def _by_place(found: pa.Table) -> pa.Table:
    return found.sort_by(_PLACE)


def _silver(both: Engines, plan: SilverPlan, seed: int) -> pa.Table:
    """What an earlier batch has left."""
    both.put("earlier", table(bronze_columns(plan), bronze_rows(plan, seed, ROWS // 2)))
    good = f"(FROM ({fill(plan.duckdb.typed, bronze='earlier')}) WHERE len(_reasons) = 0)"
    newest = fill(plan.duckdb.newest, good=good)
    names = ", ".join(dict.fromkeys([*(c.name for c in plan.columns), "_checksum", "_position"]))
    standing = f"SELECT {names} FROM ({newest}) WHERE _rank = 1 AND _op IS DISTINCT FROM 'delete'"
    return both.in_duckdb(standing)


def _described(plan: SilverPlan) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in plan.columns)
    checks = ", ".join(f"{c.column} {c.kind} {c.arguments}" for c in plan.checks)
    return f"key {plan.key}, ordering {plan.ordering!r}; {columns}; {checks}"
