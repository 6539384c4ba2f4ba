from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dataplatform.maintenance.history import Commit, Needs, forgettable
from dataplatform.naming import BATCHES_PROPERTY, SEQUENCE_PROPERTY

OLD, NOW = 0, 1000


def change(number: int, *batches: str, at: int = OLD) -> Commit:
    """A commit that published a sequence."""
    carried = {BATCHES_PROPERTY: ",".join(batches or (f"b-{number}",))}
    summary = {"operation": "append", SEQUENCE_PROPERTY: str(number), **carried}
    return Commit(snapshot_id=number, at=at, summary=summary)


def rewrite(number: int) -> Commit:
    return Commit(snapshot_id=number, at=OLD, summary={"operation": "replace"})


def forgotten(lineage: list[Commit], needs: Needs | None = None, keep: int = 1) -> list[int]:
    """Ids, oldest first; the lineage is given newest first."""
    found = forgettable(lineage, needs or Needs(), before=NOW, keep=keep)
    return [commit.snapshot_id for commit in found]


def test_old_commits_go_but_for_the_newest() -> None:
    assert forgotten([change(4), change(3), change(2), change(1)], keep=2) == [1, 2]


def test_a_young_commit_stays_with_all_that_came_after_it() -> None:
    assert forgotten([change(4), change(3), change(2, at=NOW), change(1)]) == [1]


def test_a_batch_that_is_not_published_is_found_again() -> None:
    lineage = [change(4), change(3), change(2, "a", "b"), change(1)]
    assert forgotten(lineage, Needs(batches=frozenset({"b"}))) == [1]


def test_a_mark_of_a_step_is_its_batchs() -> None:
    commit = Commit(snapshot_id=2, at=OLD, summary={BATCHES_PROPERTY: "silver:a;silver:b"})
    needs = Needs(batches=frozenset({"b"}))
    assert forgotten([change(3), commit, change(1)], needs) == [1]


def test_history_reaches_back_to_what_a_model_has_consumed() -> None:
    lineage = [change(9), rewrite(8), change(7), change(5), change(3), change(1)]
    assert forgotten(lineage, Needs(sequence=5)) == [1, 3]
    assert forgotten(lineage, Needs(sequence=6)) == [1, 3]
    assert forgotten(lineage, Needs(sequence=0)) == []


def test_history_reaches_back_to_the_snapshot_up_to_which_a_model_has_read() -> None:
    lineage = [change(4), rewrite(3), change(2), change(1)]
    assert forgotten(lineage, Needs(snapshots=frozenset({2}))) == [1]
    assert forgotten(lineage, Needs(snapshots=frozenset({99}))) == [1, 2, 3]


def test_rewrites_on_top_do_not_hide_the_commit_that_says_what_the_table_is_made_from() -> None:
    assert forgotten([rewrite(4), rewrite(3), change(2), change(1)]) == [1]


def test_nothing_goes_while_the_warehouse_has_files_of_it_to_load() -> None:
    assert forgotten([change(2), change(1)], Needs(exports=True)) == []


COMMITS = st.lists(st.tuples(st.booleans(), st.integers(0, 2 * NOW)), max_size=20)
NEEDS = st.builds(
    Needs,
    batches=st.frozensets(st.sampled_from([f"b-{n}" for n in range(20)]), max_size=3),
    sequence=st.none() | st.integers(0, 20),
)


@given(COMMITS, NEEDS, st.integers(1, 5))
def test_what_is_forgotten_is_the_oldest_part_without_a_gap(
    given_commits: list[tuple[bool, int]], needs: Needs, keep: int
) -> None:
    oldest_first = [
        change(n, at=at) if changes else rewrite(n) for n, (changes, at) in enumerate(given_commits)
    ]
    lineage = oldest_first[::-1]
    gone = forgotten(lineage, needs, keep)
    assert gone == [commit.snapshot_id for commit in oldest_first[: len(gone)]]
    left = oldest_first[len(gone) :]
    assert len(left) >= min(keep, len(lineage))
    assert not any(commit.batches & needs.batches for commit in oldest_first[: len(gone)])
