"""Publishing by Spark, where another writer comes between; what Iceberg says was seen in 1.10
and 1.11."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dataplatform.overtaken import Overtaken
from glue_jobs import tables

TABLE = "weir_dev_silver.orders"


class Spark:
    """Runs no SQL: tells rows, keeps what it is asked, and fails where it is told to."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.asked: list[str] = []

    def sql(self, text: str) -> Spark:
        self.asked.append(text)
        if self.refusal and "fast_forward" in text:
            raise RuntimeError(self.refusal)
        return self

    def first(self) -> tuple[int]:
        return (3,)


@pytest.fixture(autouse=True)
def committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit's properties go through Java, and are tested with it."""

    def commit(_: Spark, __: Mapping[str, str], write: Callable[[], object]) -> None:
        write()

    monkeypatch.setattr(tables, "commit_with", commit)


def publish(spark: Any) -> int:
    return tables.publish(
        spark, TABLE, write=spark.sql, properties={}, expected_rows=lambda before: before
    )


def test_what_was_staged_beside_another_commit_is_not_published() -> None:
    spark = Spark("Cannot fast-forward: main is not an ancestor of audit")
    with pytest.raises(Overtaken, match=TABLE) as caught:
        publish(spark)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "DROP BRANCH" not in spark.asked[-1], "the next attempt drops it"


def test_another_refusal_is_told_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="no access"):
        publish(Spark("no access to the catalogue"))


def test_a_branch_that_was_published_goes() -> None:
    spark = Spark()
    assert publish(spark) == 3
    assert spark.asked[-1].endswith("DROP BRANCH audit")
