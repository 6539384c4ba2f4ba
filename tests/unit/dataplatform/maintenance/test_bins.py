from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dataplatform.maintenance.bins import MIN_FILES, SMALL, bins

TARGET = 100
FILES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 200)), max_size=80)


def packed(files: list[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    return bins(files, partition=lambda f: f[0], size=lambda f: f[1], target=TARGET)


@given(FILES)
def test_a_group_is_of_one_partition_and_no_larger_than_a_file_should_be(
    files: list[tuple[str, int]],
) -> None:
    for group in packed(files):
        assert len({partition for partition, _ in group}) == 1
        assert len(group) >= MIN_FILES
        assert sum(size for _, size in group) <= TARGET


@given(FILES)
def test_no_file_is_in_two_groups_and_none_that_is_large_enough_is_in_one(
    files: list[tuple[str, int]],
) -> None:
    grouped = Counter(file for group in packed(files) for file in group)
    assert not grouped - Counter(files)
    assert all(size < SMALL * TARGET for _, size in grouped)


@given(st.integers(MIN_FILES, 500))
def test_many_tiny_files_become_few(count: int) -> None:
    groups = packed([("a", 1)] * count)
    left = count - sum(map(len, groups))
    assert left < MIN_FILES
    assert len(groups) <= -(-count // TARGET)


def test_fewer_small_files_than_are_worth_it_stay() -> None:
    assert packed([("a", 1)] * (MIN_FILES - 1) + [("b", 1)] * (MIN_FILES - 1)) == []
