"""Another writer commits between a merge's reading and its publishing, as Glue's compaction may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.table.snapshots import Operation

from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.rewrite import Files, commit, join
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine.publication import Publication
from dataplatform.gold.records import Counts
from dataplatform.maintenance.bins import MIN_FILES
from dataplatform.overtaken import ATTEMPTS, Overtaken, until_not_overtaken
from tests.unit.support.golds import GoldShop, gold_shops
from tests.unit.support.merges import Shop, order

STEPS = pytest.mark.parametrize(
    "step", [(Publication, "_stage"), (CommittingGlue, "commit_table")], ids=lambda step: step[1]
)
"""Before the files are staged, and when all is written but the commit itself."""

Step = tuple[type, str]


def compact(name: str) -> None:
    """Join every small file in one commit, without asking for any lease."""
    table = open_table(name)
    joined = [join(table, group) for group in Files(table).small()]
    assert joined
    assert commit(table, joined) == []


def rewrite(name: str) -> None:
    """A commit that changes no row and may come any number of times: manifests alone."""
    commit(open_table(name), [])


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Orders in as many small files as compaction waits for."""
    for key in range(MIN_FILES):
        shop.merged(order(key, 1))
    return shop


def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    other: Callable[[str], None],
    table: str,
    *,
    times: int,
) -> list[str]:
    """Let another writer in just before a step of publishing a table; the tables it wrote."""
    done: list[str] = []
    writing: list[str] = []
    original: Any = getattr(*step)

    def overtaken(self: Any, *given: Any) -> Any:
        name = self._name if isinstance(self, Publication) else ".".join(given[0].name())
        if name == table and len(done) < times and not writing:
            done.append(name)
            writing.append(name)
            other(name)  # by the same step, perhaps
            writing.clear()
        return original(self, *given)

    monkeypatch.setattr(*step, overtaken)
    return done


@STEPS
def test_a_merge_that_a_compaction_overtook_is_made_again_of_what_stands_now(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    batch = shop.staged(order(0, 2), order(1, 2, _op="delete"), order(99, 1), order("x", 1))
    done = meanwhile(monkeypatch, step, compact, shop.plan.silver_table, times=1)
    merged = until_not_overtaken(lambda: shop.merge(batch))
    assert done == [shop.plan.silver_table]
    assert merged == {"inserted": 1, "updated": 1, "deleted": 1, "quarantined": 1}
    assert set(shop.rows()) == {0, *range(2, MIN_FILES), 99}
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 1
    assert shop.ledger.totals("orders").balanced
    snapshots = open_table(shop.plan.silver_table).metadata.snapshots
    operations = [snapshot.summary.operation for snapshot in snapshots if snapshot.summary]
    assert operations.count(Operation.REPLACE) == 1, "the compaction stands"


def test_the_next_batch_finds_a_table_whose_files_were_joined_by_another(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact(shop.plan.silver_table)
    assert shop.merged(order(0, 2), order(50, 1)) == {"inserted": 1, "updated": 1}
    assert set(shop.rows()) == {*range(MIN_FILES), 50}


@STEPS
def test_who_is_overtaken_each_time_fails_loudly_and_has_lost_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    batch = shop.staged(order(0, 2), order(99, 1))
    with monkeypatch.context() as busy:
        done = meanwhile(busy, step, rewrite, shop.plan.silver_table, times=ATTEMPTS)
        with pytest.raises(Overtaken, match="nothing was published"):
            until_not_overtaken(lambda: shop.merge(batch))
    assert len(done) == ATTEMPTS
    assert set(shop.rows()) == set(range(MIN_FILES))
    assert shop.ledger.batch(batch.batch_id).state == "staged"
    assert shop.merge(batch, request="r2") == {"inserted": 1, "updated": 1}


@pytest.fixture
def gold(aws: None, tmp_path: Path) -> Iterator[GoldShop]:
    with gold_shops(tmp_path / "gold") as gold:
        yield gold


@STEPS
def test_a_model_that_a_compaction_overtook_is_built_again(
    gold: GoldShop, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    gold.publish("carts", {1: ("open", "1.5")})
    gold.build("dim")
    gold.publish("carts", {1: ("closed", "1.5"), 2: ("open", "2.5")})
    done = meanwhile(monkeypatch, step, rewrite, gold.plan.model("dim").table, times=1)
    assert gold.build("dim") == Counts(1, 1, 0)
    assert done == [gold.plan.model("dim").table]
    assert gold.rows("dim") == [(1, "closed"), (2, "open")]
    assert gold.exported("dim") == [(1, "closed", "upsert"), (2, "open", "upsert")]
