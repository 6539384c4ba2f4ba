from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dataplatform.errors import InvalidRunInput
from dataplatform.ledger.run_input import ReplayInput, RunInput, parse_run_input

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KNOWN = ["sales", "products"]


def parse(raw: Any) -> RunInput:
    return parse_run_input(raw, KNOWN, NOW)


def test_an_empty_input_selects_everything() -> None:
    assert parse({}) == RunInput()
    assert parse({}).selects("sales")


def test_times_are_understood_as_utc_and_kept_so() -> None:
    given = parse({"datasets": ["sales"], "from": "2026-11-20", "to": "2026-11-21T10:00:00+02:00"})
    assert (given.since, given.until) == ("2026-11-20T00:00:00Z", "2026-11-21T08:00:00Z")
    assert given.selects("sales") and not given.selects("products")
    assert RunInput.from_json(given.to_json()) == given


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_an_engine_may_be_named_for_the_whole_run(engine: str) -> None:
    given = parse({"engine": engine})
    assert given.engine == engine
    assert RunInput.from_json(given.to_json()) == given


def test_a_replay_narrows_the_run_to_its_dataset() -> None:
    given = parse({"replay": {"dataset": "sales", "batches": ["b", "b"], "reason": "missing"}})
    assert given.datasets == ("sales",)
    assert given.replay == ReplayInput(dataset="sales", batches=("b",), reason="missing")
    assert RunInput.from_json(given.to_json()) == given
    assert parse({"datasets": ["sales"], "replay": {"dataset": "sales"}}).replay


def test_a_refresh_takes_up_no_records_and_nothing_stands_beside_it() -> None:
    given = parse({"refresh": True, "engine": "duckdb"})
    assert given.refresh and not given.selects("sales")
    assert RunInput.from_json(given.to_json()) == given
    for wrong in ({"refresh": "yes"}, {"refresh": True, "datasets": ["sales"]}):
        with pytest.raises(InvalidRunInput):
            parse(wrong)


def test_every_problem_is_listed_with_what_to_do() -> None:
    with pytest.raises(InvalidRunInput) as caught:
        parse({"dataset": ["x"], "datasets": ["salse", 3], "from": "yesterday", "to": 5})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["dataset", "datasets[0]", "datasets[1]", "from", "to"]
    assert 'Did you mean "datasets"?' in str(caught.value)
    assert 'Did you mean "sales"?' in str(caught.value)
    assert "sales, products" in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (None, "$"),
        ([], "$"),
        ({"datasets": []}, "datasets"),
        ({"datasets": "sales"}, "datasets"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, "to"),
        ({"from": "2026-11-22"}, "from"),
        ({"from": ""}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"to": "9999-12-31T23:59:59-01:00"}, "to"),
        ({"to": None}, "to"),
        ({"engine": "auto"}, "engine"),
        ({"engine": ""}, "engine"),
        ({"engine": ["spark"]}, "engine"),
        ({"replay": "sales"}, "replay"),
        ({"replay": {}}, "replay.dataset"),
        ({"replay": {"dataset": "salse"}}, "replay.dataset"),
        ({"replay": {"dataset": "sales", "batch": "b"}}, "replay.batch"),
        ({"replay": {"dataset": "sales", "batches": "b"}}, "replay.batches"),
        ({"replay": {"dataset": "sales", "reason": None}}, "replay.reason"),
        ({"replay": {"dataset": "sales"}, "datasets": ["products"]}, "datasets"),
        ({"replay": {"dataset": "sales"}, "to": "2026-11-20"}, "to"),
    ],
)
def test_what_selects_nothing_or_means_nothing_is_refused(raw: Any, field: str) -> None:
    with pytest.raises(InvalidRunInput) as caught:
        parse(raw)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_long_value_is_shown_by_its_beginning_and_in_its_own_letters() -> None:
    """Step Functions keeps a part of what an execution failed for: all problems are to be in it."""
    with pytest.raises(InvalidRunInput) as caught:
        parse({"datasets": ["é" * 40_000], "engine": "x" * 40_000})
    said = str(caught.value)
    assert '"ééé' in said and "… (40,002 characters)" in said
    assert len(said) < 1_000
