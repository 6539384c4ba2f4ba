from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from dataplatform.gold.keys import key_refused
from tests.unit.support.plans import model

SPEND = replace(model("spend"), key=("supplier", "month"))


def test_a_key_is_told_as_sql_writes_it_with_what_to_do() -> None:
    told = str(key_refused(SPEND, 2, ["O'Neil", date(2026, 2, 1)]))
    assert """2 rows share the key supplier="O'Neil", month=2026-02-01""" in told
    assert "one row for each key" in told


def test_a_null_in_a_key_asks_for_another_remedy() -> None:
    told = str(key_refused(SPEND, 1, [None, Decimal("1.50")]))
    assert "1 row has the key supplier=NULL, month=1.50" in told
    assert "WHERE" in told and "one row for each key" not in told
