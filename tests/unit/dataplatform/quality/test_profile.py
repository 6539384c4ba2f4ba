"""What is asked of a batch, by column, and what is kept of the answer."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dataplatform.naming import Watch
from dataplatform.quality.profile import (
    SAMPLE_ROWS,
    ColumnProfile,
    Figure,
    Profile,
    Watched,
    gate_figures,
    measures_of,
    profile_of,
    sample_of,
)
from tests.unit.dataplatform.quality.test_gates import gate

COLUMNS = (
    Watched(name="order_id", type="bigint", key=True),
    Watched(name="store_id", type="int"),
    Watched(name="amount", type="decimal(10,2)"),
    Watched(name="salary", type="double", classified=True),
    Watched(name="sold_on", type="date"),
    Watched(name="paid", type="boolean"),
)


def asked(column: str) -> set[str]:
    return {m.figure for m in measures_of(COLUMNS, (), Watch.ON) if m.of == column}


def test_keys_dates_and_ids_are_asked_only_what_says_something() -> None:
    assert asked("order_id") == asked("sold_on") == asked("paid") == {Figure.HELD}
    assert asked("store_id") == asked("salary") == {Figure.HELD, Figure.DISTINCT}
    assert asked("amount") == {Figure.HELD, Figure.MEAN, Figure.SPREAD, Figure.DISTINCT}


def test_a_contract_may_ask_for_volume_alone_or_for_nothing() -> None:
    assert [m.figure for m in measures_of(COLUMNS, (), Watch.VOLUME)] == [Figure.ROWS]
    assert measures_of(COLUMNS, (), Watch.OFF) == ()
    figures = [m.figure for m in measures_of(COLUMNS, [gate("must_be", "1")], Watch.OFF)]
    assert figures == [Figure.ROWS, Figure.GATE]


def test_an_answer_becomes_shares() -> None:
    measures = measures_of([Watched(name="amount", type="double")], [gate("must_be", "1")], "on")
    answer = (8, 6, Decimal("2.5"), 0.5, 7, 0.25)
    found = profile_of(measures, answer)
    shares = ColumnProfile(null_share=0.25, mean=2.5, spread=0.5, distinct_share=1.0)
    assert found == Profile(rows=8, columns={"amount": shares})
    assert gate_figures(measures, answer) == {"g": Decimal("0.25")}


def test_no_records_have_no_figures() -> None:
    measures = measures_of([Watched(name="amount", type="double")], (), "on")
    nothing = profile_of(measures, (0, 0, None, None, 0)).columns["amount"]
    assert nothing == ColumnProfile(null_share=0.0)


@given(
    st.builds(
        Profile,
        rows=st.integers(0, 10**12),
        columns=st.dictionaries(
            st.text(min_size=1),
            st.builds(
                ColumnProfile,
                null_share=st.floats(0, 1),
                mean=st.none() | st.floats(-1e30, 1e30),
            ),
        ),
    )
)
def test_what_is_kept_is_read_again_to_nine_digits(profile: Profile) -> None:
    again = Profile.from_json(profile.to_json())
    assert again == Profile.from_json(again.to_json())
    assert again.rows == profile.rows and list(again.columns) == list(profile.columns)


def test_few_records_are_counted_exactly() -> None:
    assert [sample_of(rows) for rows in (0, 1, SAMPLE_ROWS)] == [1, 1, 1]
    assert sample_of(SAMPLE_ROWS + 1) == 2
