from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyiceberg.exceptions import CommitFailedException

from dataplatform.adapters import bronze
from dataplatform.adapters.iceberg import tables
from dataplatform.errors import TableMissing
from dataplatform.ledger.staging import Staged
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import Column
from tests.unit.support.bronzes import PLAN, RECORDS, counted, staged
from tests.unit.support.clocks import sleeping
from tests.unit.support.lakes import COLUMNS, Lake, csv_bytes, plan_of


def test_a_batch_is_staged_once(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    first = staged(lake, tmp_path, landed)
    assert staged(lake, tmp_path, landed) == first == counted("b1")
    assert lake.snapshots(PLAN.bronze_table) == lake.snapshots(PLAN.quarantine_table) == 1
    assert staged(lake, tmp_path, landed, batch_id="b2") == first
    assert len(lake.rows(PLAN.bronze_table)) == 4


def test_an_attempt_that_dies_between_the_commits_is_completed_by_the_next(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    with monkeypatch.context() as dying:
        dying.setattr(bronze, "append_once", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            staged(lake, tmp_path, landed)
    assert len(lake.rows(PLAN.quarantine_table)) == 1
    assert lake.rows(PLAN.bronze_table) == []
    assert staged(lake, tmp_path, landed) == Staged(rows=2, unreadable=1)
    assert len(lake.rows(PLAN.quarantine_table)) == 1
    assert len(lake.rows(PLAN.bronze_table)) == 2


def test_of_two_attempts_at_once_one_appends(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = lake.land("a.csv", csv_bytes(*RECORDS, ("bad",)))
    other: list[str] = []

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        if not other:
            other.append("running")
            other.append(str(staged(lake, tmp_path, landed)))
        return parse(*args, **kwargs)

    monkeypatch.setattr("dataplatform.adapters.bronze.parse", overtaken)
    sleeping(monkeypatch, "dataplatform.adapters.iceberg.commits")
    assert str(staged(lake, tmp_path, landed)) == other[1]
    assert lake.snapshots(PLAN.bronze_table) == lake.snapshots(PLAN.quarantine_table) == 1
    assert len(lake.rows(PLAN.bronze_table)) == 2


def test_a_commit_that_always_loses_its_race_fails_loudly(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise CommitFailedException("somebody else")

    monkeypatch.setattr(tables, "_append", lost)
    sleeping(monkeypatch, "dataplatform.adapters.iceberg.commits")
    with pytest.raises(CommitFailedException):
        staged(lake, tmp_path, lake.land("a.csv", csv_bytes(*RECORDS)))


def test_batches_of_many_commits_are_found_again(lake: Lake, tmp_path: Path) -> None:
    landed = lake.land("a.csv", csv_bytes(RECORDS[0]))
    for number in range(5):
        staged(lake, tmp_path, landed, batch_id=f"b{number}")
    assert counted("b0") == Staged(rows=1)
    assert counted("b") is None
    assert len(lake.rows(PLAN.bronze_table)) == 5


def test_a_missing_table_or_column_names_the_migration(empty_lake: Lake, tmp_path: Path) -> None:
    landed = empty_lake.land("a.csv", csv_bytes(*RECORDS))
    with pytest.raises(TableMissing, match="migrate_schemas"):
        staged(empty_lake, tmp_path, landed)
    empty_lake.migrate(plan_of())
    more = (*COLUMNS, Column(name="florist", type="boolean"))
    with pytest.raises(TableMissing, match="has no column florist"):
        staged(empty_lake, tmp_path, landed, columns=more)
