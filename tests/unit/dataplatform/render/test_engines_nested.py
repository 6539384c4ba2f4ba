"""Objects and arrays: one definition gives the same structs, lists and reasons on both engines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import BronzeColumn, Names
from dataplatform.plans.model import SilverPlan, fill
from tests.unit.support.engines import Engines, Row, differences, examples, rows, table
from tests.unit.support.generated import KINDS, bronze_columns
from tests.unit.support.generated_nested import SHAPES, generated_nested, nested_rows

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.slow,
]

ROWS = 500
_PLACE = BronzeColumn.POSITION.value
_WITH_PLACES = "(SELECT *, 0 AS _file, 0 AS _at FROM silver)"
_OUTCOMES = {"insert", "update", "delete", "duplicate", "superseded", "quarantined"}

generated = examples(10)


def test_generated_shapes_give_the_same_values_reasons_and_actions(both: Engines) -> None:
    seen: set[str] = set()
    outcomes: set[str] = set()
    reasons: set[str] = set()

    @generated
    @given(seed=st.integers(0, 2**32))
    def check(seed: int) -> None:
        found, used = generated_nested(seed)
        plan = silver_plan(found, Names("dev"))
        outcomes.update(_check(both, plan, seed, reasons))
        seen.update(used)

    check()
    assert seen >= {*KINDS, *SHAPES}
    assert outcomes == _OUTCOMES
    assert {reason.split()[0] for reason in reasons} >= {"malformed", "missing"}
    assert any("[]." in reason for reason in reasons)


def _check(both: Engines, plan: SilverPlan, seed: int, reasons: set[str]) -> set[str]:
    both.put("bronze", table(bronze_columns(plan), nested_rows(plan, seed, ROWS)))
    both.put("earlier", table(bronze_columns(plan), nested_rows(plan, seed, ROWS // 2)))
    standing = (
        f"(FROM ({fill(plan.duckdb.typed, bronze='earlier')}) "
        "WHERE len(_reasons) = 0 AND _op <> 'delete')"
    )
    newest = fill(plan.duckdb.newest, good=standing)
    names = ", ".join(column.name for column in plan.columns)
    both.put("silver", both.in_duckdb(f"SELECT {names} FROM ({newest}) WHERE _rank = 1"))
    columns = [_PLACE, *(column.name for column in plan.columns), "_reasons"]
    typed: list[list[Row]] = []
    actions: list[list[Row]] = []
    for engine, sql, size in (
        (both.in_spark, plan.spark, "size"),
        (both.in_duckdb, plan.duckdb, "len"),
    ):
        found = engine(fill(sql.typed, bronze="bronze"), "typed")
        typed.append(rows(found.sort_by(_PLACE), columns))
        good = f"(SELECT * FROM typed WHERE {size}(_reasons) = 0)"
        newest = f"({fill(sql.newest, good=good)})"
        classified = engine(fill(sql.classified, newest=newest, silver=_WITH_PLACES))
        actions.append(sorted(rows(classified, [_PLACE, "_rank", "_action"])))
    said = ", ".join(f"{column.name} {column.type}" for column in plan.columns)
    assert not differences(typed[0], typed[1], columns), said
    assert not differences(actions[0], actions[1], [_PLACE, "_rank", "_action"]), said
    reasons.update(reason for row in typed[0] for reason in row[-1])
    bad = {"quarantined"} if len(actions[0]) < ROWS else set()
    return bad | {"superseded" if rank > 1 else action for _, rank, action in actions[0]}
