"""Attempts that were killed, or run beside another: each record keeps its one outcome."""

from __future__ import annotations

from typing import Any

import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from dataplatform.adapters.iceberg import rewrite
from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine import classification, silver
from dataplatform.duckdb_engine.publication import Publication
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.errors import AuditFailed, LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.commits import commit_properties
from dataplatform.ledger.holders import Call, JobRun
from dataplatform.ledger.records import Outcomes, table_lease
from dataplatform.naming import AUDIT_BRANCH
from dataplatform.overtaken import Overtaken
from tests.unit.support.merges import Shop, order


class Killed(BaseException):
    """Ends an attempt where a signal would."""


def killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_after_the_commit_the_ledger_is_told_what_was_committed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    batch = shop.staged(order(1, 2), order(2, 1), order("x", 1))
    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "publish_batch", killed)
        with pytest.raises(Killed):
            shop.merge(batch)
    commits = shop.lake.snapshots(shop.plan.silver_table)
    assert shop.merge(batch, request="r2") == {"inserted": 1, "updated": 1, "quarantined": 1}
    assert shop.lake.snapshots(shop.plan.silver_table) == commits
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 1
    assert shop.ledger.batch(batch.batch_id).sequence == 2
    assert shop.ledger.totals("orders").balanced


def test_what_spark_committed_without_telling_the_ledger_is_found(shop: Shop) -> None:
    """Both engines write the same properties: glue_jobs/silver.py uses the same functions."""
    batch = shop.staged(order(1, 1))
    table = LakeTable.open(shop.plan.silver_table)
    properties = commit_properties({batch.batch_id: Outcomes(inserted=1)}, 7)
    table.publish(added=[], removed=[], properties=properties, expected_rows=lambda before: before)
    assert shop.merge(batch) == {"inserted": 1}
    assert shop.ledger.batch(batch.batch_id).sequence == 7
    assert shop.rows() == {}


def test_after_quarantine_records_are_not_quarantined_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = shop.staged(order("x", 1), order(1, 1))
    with monkeypatch.context() as dying:
        dying.setattr(LakeTable, "publish", killed)
        with pytest.raises(Killed):
            shop.merge(batch)
    assert shop.rows() == {}
    assert shop.merge(batch, request="r2") == {"inserted": 1, "quarantined": 1}
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 1


@pytest.mark.parametrize("first", [True, False])
def test_what_is_killed_before_its_commit_leaves_the_table_as_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if not first:
        shop.merged(order(9, 1))
    before = open_table(shop.plan.silver_table).metadata.refs
    batch = shop.staged(order(1, 1))
    with monkeypatch.context() as dying:
        dying.setattr(CommittingGlue, "commit_table", killed)
        with pytest.raises(Killed):
            shop.merge(batch)
    assert open_table(shop.plan.silver_table).metadata.refs == before
    assert shop.merge(batch, request="r2") == {"inserted": 1}
    assert set(shop.rows()) == ({1} if first else {1, 9})


@pytest.mark.parametrize("first", [True, False])
def test_a_branch_that_was_left_is_dropped(shop: Shop, first: bool) -> None:
    if not first:
        shop.merged(order(9, 1))
    with pytest.raises(AuditFailed):
        LakeTable.open(shop.plan.silver_table).publish(
            added=[], removed=[], properties={}, expected_rows=lambda before: before + 1
        )
    assert AUDIT_BRANCH in open_table(shop.plan.silver_table).metadata.refs
    assert shop.merged(order(1, 1)) == {"inserted": 1}
    assert AUDIT_BRANCH not in open_table(shop.plan.silver_table).metadata.refs
    assert set(shop.rows()) == ({1} if first else {1, 9})


def test_a_publication_is_one_commit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.merged(order(1, 1))
    batch = shop.staged(order(2, 1))
    commits: list[str] = []
    commit = CommittingGlue.commit_table

    def noted(self: CommittingGlue, table: Table, *args: Any) -> Any:
        commits.append(table.name()[-1])
        return commit(self, table, *args)

    monkeypatch.setattr(CommittingGlue, "commit_table", noted)
    assert shop.merge(batch) == {"inserted": 1}
    assert commits == ["orders"]


def test_a_count_that_is_wrong_is_not_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    batch = shop.staged(order(2, 1), order(3, 1))
    with monkeypatch.context() as wrong:
        wrong.setattr(silver, "rows_to_write", _losing_a_row)
        with pytest.raises(AuditFailed, match="staged rows are 2, counted were 3"):
            shop.merge(batch)
    assert set(shop.rows()) == {1}
    assert shop.ledger.batch(batch.batch_id).state == "staged"
    assert shop.merge(batch, request="r2") == {"inserted": 2}


def test_one_attempt_at_a_time_has_the_table(shop: Shop) -> None:
    batch = shop.staged(order(1, 1))
    lease = table_lease(shop.plan.silver_table)
    mine = str(Call("run-1", "orders", "another"))
    with shop.ledger.lease(lease, mine, 60), pytest.raises(LeaseHeld):
        shop.merge(batch)
    assert shop.merge(batch) == {"inserted": 1}


@pytest.mark.parametrize("dead", [Call("run-0", "orders", "r"), JobRun("weir-dev-silver", "jr_1")])
def test_a_lease_of_the_dead_is_taken_over(
    shop: Shop, dead: Call | JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Glue:
        def get_job_run(self, **_: str) -> dict[str, Any]:
            return {"JobRun": {"JobRunState": "STOPPED"}}

    monkeypatch.setattr(silver, "_glue", Glue)
    shop.ledger.acquire_lease(table_lease(shop.plan.silver_table), str(dead), 3600)
    assert shop.merged(order(1, 1)) == {"inserted": 1}


def test_a_commit_that_was_overtaken_by_settings_is_tried_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    refused = _refusing_first(monkeypatch, lambda: _set(shop, "comment", "new"))
    assert shop.merged(order(1, 2)) == {"updated": 1}
    assert refused == [True]
    assert open_table(shop.plan.silver_table).properties["comment"] == "new"


def test_files_made_from_rows_that_another_changed_are_not_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.merged(order(1, 1))
    _refusing_first(monkeypatch, lambda: open_table(shop.plan.silver_table).delete())
    with pytest.raises(Overtaken):
        shop.merged(order(1, 2))
    assert shop.rows() == {}


@pytest.mark.parametrize("counted", [True, False], ids=["counts right", "counts wrong"])
def test_a_tables_first_batch_is_not_published_over_what_came_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    """Of a table without a snapshot, what is committed next isn't what was loaded."""
    stage = Publication._stage

    def late(self: Publication, *args: Any) -> None:
        monkeypatch.setattr(Publication, "_stage", stage)
        rewrite.commit(open_table(shop.plan.silver_table), [])
        self._table.catalog._loaded.clear()  # type: ignore[attr-defined]  # another process did
        stage(self, *args)

    monkeypatch.setattr(Publication, "_stage", late)
    if not counted:
        monkeypatch.setattr(silver, "rows_to_write", _losing_a_row)
    with pytest.raises(Overtaken):
        shop.merged(order(1, 1), order(2, 1))
    assert shop.rows() == {}


def _losing_a_row(*args: Any, **more: Any) -> str:
    return f"SELECT * FROM ({classification.rows_to_write(*args, **more)}) LIMIT 1"


def _set(shop: Shop, name: str, value: str) -> None:
    with open_table(shop.plan.silver_table).transaction() as transaction:
        transaction.set_properties({name: value})


def _refusing_first(monkeypatch: pytest.MonkeyPatch, meanwhile: Any) -> list[bool]:
    """Let another commit come first, as Glue tells of it."""
    refused: list[bool] = []
    commit = Publication._stage

    def racing(self: Publication, *args: Any) -> None:
        if not refused:
            refused.append(True)
            meanwhile()
            raise CommitFailedException("the table's version has changed")
        commit(self, *args)

    monkeypatch.setattr(Publication, "_stage", racing)
    return refused
