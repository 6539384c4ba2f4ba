"""What is odd beside earlier runs, and what is not."""

from __future__ import annotations

import math
from random import Random
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from dataplatform.quality.anomalies import (
    ALWAYS,
    LEAST_RECORDS,
    LEAST_RUNS,
    LEAST_VOLUME,
    anomalies,
)
from dataplatform.quality.profile import ColumnProfile, Profile

_SHARES = st.floats(0, 1)
_MEANS = st.floats(-1e9, 1e9, allow_nan=False)
COLUMNS = st.builds(
    ColumnProfile,
    null_share=_SHARES,
    mean=st.none() | _MEANS,
    spread=st.none() | st.floats(0, 1e9),
    distinct_share=st.none() | _SHARES,
)
PROFILES = st.builds(
    Profile, rows=st.integers(1, 10**9), columns=st.fixed_dictionaries({"a": COLUMNS, "b": COLUMNS})
)
HISTORIES = st.lists(PROFILES, min_size=LEAST_RUNS, max_size=20)


def profile(rows: int = 1000, **figures: float) -> Profile:
    usual = {"null_share": 0.02, "mean": 50.0, "spread": 10.0, "distinct_share": 0.5}
    return Profile(rows=rows, columns={"a": ColumnProfile(**{**usual, **figures})})


USUAL = [profile() for _ in range(LEAST_RUNS)]


def names(batch: Profile, history: list[Profile] | None = None) -> list[str]:
    return [verdict.name for verdict in anomalies(batch, history or USUAL) if verdict.stops]


@given(PROFILES, st.lists(PROFILES, max_size=LEAST_RUNS - 1))
def test_fewer_runs_than_five_say_nothing(batch: Profile, history: list[Profile]) -> None:
    assert anomalies(batch, history) == ()


@given(PROFILES, st.integers(LEAST_RUNS, 20))
def test_what_is_as_always_is_never_odd(batch: Profile, runs: int) -> None:
    assert anomalies(batch, [batch] * runs) == ()


@given(HISTORIES, st.integers(0, 10**9))
def test_ten_times_the_median_volume_always_stops(history: list[Profile], more: int) -> None:
    usual = median(past.rows for past in history)
    rows = max(math.ceil(usual * ALWAYS), LEAST_VOLUME) + more
    assert "row_count" in names(Profile(rows=rows), history)


@given(HISTORIES, PROFILES, st.randoms(use_true_random=False))
def test_the_order_of_earlier_runs_says_nothing(
    history: list[Profile], batch: Profile, chance: Random
) -> None:
    shuffled = chance.sample(history, len(history))
    assert anomalies(batch, shuffled) == anomalies(batch, history)


@given(HISTORIES, st.integers(0, LEAST_VOLUME - 1))
def test_no_batch_of_few_records_is_too_large(history: list[Profile], rows: int) -> None:
    assert names(Profile(rows=rows), history) == []


@given(HISTORIES, PROFILES)
def test_every_verdict_says_both_figures(history: list[Profile], batch: Profile) -> None:
    for verdict in anomalies(batch, history):
        assert verdict.found and "median of" in verdict.expected


def test_three_times_the_usual_volume_passes_and_more_does_not() -> None:
    assert names(profile(3000)) == []
    assert names(profile(3001)) == ["row_count"]


def test_a_volume_that_swings_by_itself_may_swing() -> None:
    swinging = [profile(rows) for rows in (200, 1000, 1900, 400, 1500)]
    assert names(profile(3900), swinging) == []
    assert names(profile(10_000), swinging) == ["row_count"]


def test_three_corrections_after_loads_of_a_thousand_pass_with_a_note() -> None:
    corrections = profile(3, null_share=1.0, mean=-9.0, distinct_share=0.33)
    (told,) = anomalies(corrections, [profile(1000 + n) for n in range(5)])
    assert (told.name, told.stops) == ("row_count", False)
    assert told.expected.startswith("100 to 3,006 records")
    assert anomalies(profile(110), USUAL) == ()


def test_runs_that_only_deleted_say_nothing_of_volume() -> None:
    deleting = [Profile(rows=0)] * 20
    assert anomalies(profile(1000), [*deleting, *USUAL[1:]]) == ()
    assert names(profile(10_000), [*deleting, *USUAL]) == ["row_count"]


def test_a_small_feed_that_is_always_small_is_left_alone() -> None:
    small = [profile(3, null_share=n % 2 / 3) for n in range(6)]
    assert names(profile(40, null_share=1.0), small) == ["a.null_share"]
    assert names(profile(LEAST_RECORDS - 1, null_share=1.0), small) == []


def test_a_load_of_the_whole_among_small_ones_moves_no_bound() -> None:
    history = [profile(269_720), *(profile(1000 + n) for n in range(5))]
    assert names(profile(1100), history) == []
    assert names(profile(269_720), history) == ["row_count"]


def test_each_figure_of_a_column_is_held_beside_its_own_past() -> None:
    assert names(profile(null_share=0.05)) == []
    assert names(profile(null_share=0.2)) == ["a.null_share"]
    assert names(profile(mean=52.0)) == []
    assert names(profile(mean=53.0)) == ["a.mean"]
    assert names(profile(distinct_share=0.45)) == []
    assert names(profile(distinct_share=0.3)) == ["a.distinct_share"]


def test_a_mean_that_wanders_widens_its_own_bound() -> None:
    wandering = [profile(mean=mean) for mean in (40, 45, 50, 55, 60)]
    assert names(profile(mean=70), wandering) == []
    assert names(profile(mean=80), wandering) == ["a.mean"]


def test_the_share_of_distinct_values_is_held_beside_batches_of_its_size() -> None:
    large = [profile(100_000, distinct_share=0.01) for _ in range(5)]
    assert names(profile(1000, distinct_share=0.8), large) == []
    assert names(profile(90_000, distinct_share=0.8), large) == ["a.distinct_share"]


def test_a_column_that_is_new_to_the_contract_has_no_past() -> None:
    before = [Profile(rows=1000, columns={})] * 4 + [profile()]
    assert names(profile(null_share=1.0), before) == []


def test_a_value_that_was_always_the_same_may_change_once_in_a_thousand() -> None:
    same = [profile(mean=1.0, spread=0.0) for _ in range(5)]
    assert names(profile(mean=1.001, spread=0.0316), same) == []
    assert names(profile(mean=2.0, spread=0.0), same) == ["a.mean"]
