"""Publishing by Spark, where another writer comes between; what Iceberg says was seen in 1.10
and 1.11. What comes of it in tables is tested in `test_both_engines` and `test_replay_crashes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from dataplatform.errors import AuditFailed
from dataplatform.overtaken import Overtaken
from glue_jobs import tables

TABLE = "weir_dev_silver.orders"


@dataclass
class Manifest:
    """A line of a manifest list; None where a version of Iceberg before 0.9 has told no number."""

    added: int | None
    existing: int | None = 0

    def addedRowsCount(self) -> int | None:
        return self.added

    def existingRowsCount(self) -> int | None:
        return self.existing


class Deletes(list[Manifest]):
    """A Java list of manifests of deletes."""

    def isEmpty(self) -> bool:
        return not self


@dataclass
class Iceberg:
    """Stands for the table and for what changes its branches: tells rows, keeps what it is asked,
    and fails where it is told to."""

    refusal: str = ""
    branches: set[str] = field(default_factory=lambda: {"main"})
    manifests: tuple[Manifest, ...] = (Manifest(1), Manifest(0, 2))
    deletes: Deletes = field(default_factory=Deletes)
    asked: list[str] = field(default_factory=list)

    def refs(self) -> Any:
        return self

    def containsKey(self, name: str) -> bool:
        return name in self.branches

    def currentSnapshot(self) -> Any:
        return self

    def snapshotId(self) -> int:
        return 7

    def snapshot(self, branch: str) -> Any:
        return self if branch in self.branches else None

    def io(self) -> None:
        return None

    def dataManifests(self, _: object) -> tuple[Manifest, ...]:
        return self.manifests

    def deleteManifests(self, _: object) -> Deletes:
        return self.deletes

    def refresh(self) -> None:
        self.asked.append("refresh")

    def manageSnapshots(self) -> Any:
        return self

    def createBranch(self, name: str) -> Any:
        assert name not in self.branches, "Iceberg refuses"
        self.branches.add(name)
        self.asked.append(f"create {name}")
        return self

    def removeBranch(self, name: str) -> Any:
        self.branches.remove(name)
        self.asked.append(f"remove {name}")
        return self

    def fastForwardBranch(self, name: str, to: str) -> Any:
        if self.refusal:
            raise RuntimeError(self.refusal)
        self.asked.append(f"{name} to {to}")
        return self

    def commit(self) -> None:
        self.asked.append("commit")


class Spark:
    """Answers every query with five rows."""

    def sql(self, text: str) -> Spark:
        assert text.endswith((f"{TABLE}.branch_main", f"{TABLE}.branch_audit"))
        return self

    def first(self) -> tuple[int]:
        return (5,)


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The commit's properties go through Java, and are tested with it."""

    def commit(_: Spark, __: Mapping[str, str], write: Callable[[], object]) -> None:
        write()

    def published(table: Iceberg, expected: int = 3, base: int | None = 7) -> int:
        monkeypatch.setattr(tables, "loaded", lambda spark, name: table)
        spark: Any = Spark()
        return tables.publish(
            spark,
            TABLE,
            write=lambda branch: table.asked.append(f"write {branch}"),
            properties={},
            expected_rows=lambda before: expected,
            base=base,
        )

    monkeypatch.setattr(tables, "commit_with", commit)
    return published


def test_what_was_staged_beside_another_commit_is_not_published(
    publish: Callable[..., int],
) -> None:
    table = Iceberg("Cannot fast-forward: main is not an ancestor of audit")
    with pytest.raises(Overtaken, match=TABLE) as caught:
        publish(table)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "audit" in table.branches, "the next attempt drops it"


@pytest.mark.parametrize("base", [6, None])
def test_what_was_made_from_another_snapshot_is_not_staged(
    publish: Callable[..., int], base: int | None
) -> None:
    table = Iceberg(branches={"main", "audit"})
    with pytest.raises(Overtaken, match=TABLE):
        publish(table, base=base)
    assert table.asked == [], "the branch is of whoever has the lease now"


def test_another_refusal_is_told_as_it_is(publish: Callable[..., int]) -> None:
    with pytest.raises(RuntimeError, match="no access"):
        publish(Iceberg("no access to the catalogue"))


def test_a_branch_goes_in_the_commit_that_publishes_it(publish: Callable[..., int]) -> None:
    table = Iceberg()
    assert publish(table) == 3
    written = f"write glue_catalog.{TABLE}.branch_audit"
    assert table.asked == [
        *("create audit", "commit", written),
        *("refresh", "main to audit", "remove audit", "commit"),
    ]


def test_a_branch_that_a_killed_job_left_goes_first(publish: Callable[..., int]) -> None:
    table = Iceberg(branches={"main", "audit"})
    publish(table)
    assert table.asked[:4] == ["remove audit", "commit", "create audit", "commit"]


def test_rows_that_were_not_counted_are_not_published(publish: Callable[..., int]) -> None:
    table = Iceberg()
    with pytest.raises(AuditFailed, match=r"staged rows are 3, counted were 4 \(before: 3\)"):
        publish(table, expected=4)
    assert "main to audit" not in table.asked


@pytest.mark.parametrize(
    "table",
    [Iceberg(deletes=Deletes([Manifest(1)])), Iceberg(manifests=(Manifest(1), Manifest(None)))],
    ids=["deletes beside the rows", "no count in a manifest list"],
)
def test_spark_counts_where_the_manifest_list_can_not(
    publish: Callable[..., int], table: Iceberg
) -> None:
    assert publish(table, expected=5) == 5
