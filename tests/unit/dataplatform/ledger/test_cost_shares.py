"""A run's cost by dataset and model: each call is somebody's, and nothing gets lost."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dataplatform.ledger.cost_shares import CostShares, cost_shares
from dataplatform.ledger.costs import cost
from dataplatform.ledger.engines import EngineChoice, model_subject
from dataplatform.ledger.records import Batch, Step
from dataplatform.ledger.usage import Meter, Usage
from dataplatform.naming import GOLD_MODELS, Engine

RUN = "run-1"


def used(
    step: str, seconds: float, *, subject: str = "", meter: Meter = "lambda", size: int = 1024
) -> Usage:
    milliseconds = int(seconds * 1000)
    return Usage(
        run_id=RUN, step=step, meter=meter, size=size, milliseconds=milliseconds, subject=subject
    )


def steps(**seconds: Mapping[str, tuple[int, int]]) -> list[Step]:
    """Steps by name, then by what they were for: from second to second."""
    return [
        Step(run_id=RUN, name=name, dataset=of, at=f"2026-11-21T10:00:{second:02d}.000Z")
        for name, listed in seconds.items()
        for of, span in listed.items()
        for second in span
    ]


def chosen(engines: Mapping[str, Engine]) -> dict[str, EngineChoice]:
    return {
        name: EngineChoice(run_id=RUN, dataset=name, engine=engine, reason="a test")
        for name, engine in engines.items()
    }


def batch(batch_id: str, dataset: str, *, spark: str = "") -> Batch:
    return Batch(
        batch_id=batch_id, run_id=RUN, dataset=dataset, state="published", spark_stages=spark
    )


def seconds(shares: CostShares) -> dict[str, float]:
    """Seconds of a function of 1 GiB that each paid for, near enough."""
    named = {**shares.datasets, **shares.models, "": shares.whole}
    return {name: round(of.functions / 0.0000166667, 1) for name, of in named.items()}


def dollars(shares: CostShares) -> dict[str, float]:
    named = {**shares.datasets, **shares.models, "": shares.whole}
    return {name: round(of.jobs, 4) for name, of in named.items() if of.jobs}


def test_a_call_for_one_is_its_own_and_one_for_all_is_the_runs() -> None:
    shares = cost_shares(
        [
            used("weir-dev-open-run", 1),
            used("weir-dev-ingest-api", 2, subject="sales"),
            used("weir-dev-stage-batch", 4, subject="sales-1"),
            used("weir-dev-merge-silver", 8, subject="sales"),
            used("weir-dev-merge-silver", 16, subject="stores"),
            used("weir-dev-load-warehouse", 32, subject=model_subject("sales")),
            used("weir-dev-hand-to-spark", 64, subject=GOLD_MODELS),
        ],
        [],
        [batch("sales-1", "sales")],
        {},
    )
    assert list(shares.datasets) == ["sales", "stores"]
    assert list(shares.models) == ["sales"], "a model may have a dataset's name"
    spent = [shares.datasets["sales"], shares.datasets["stores"], shares.models["sales"]]
    told = [round(of.functions / 0.0000166667) for of in (*spent, shares.whole)]
    assert told == [14, 16, 32, 65]


def test_the_function_that_builds_all_models_is_shared_by_their_seconds() -> None:
    built = steps(gold={"dim": (10, 13), "fact": (13, 14)}, warehouse={"dim": (20, 50)})
    engines = chosen({model_subject("dim"): "duckdb", model_subject("fact"): "duckdb"})
    call = used("weir-dev-build-gold", 8)
    assert seconds(cost_shares([call], built, [], engines)) == {"dim": 6.0, "fact": 2.0, "": 0.0}
    halves = cost_shares([call], steps(gold={"a": (5, 5), "b": (5, 5)}), [], {})
    assert seconds(halves) == {"a": 4.0, "b": 4.0, "": 0.0}, "too quick to tell"


@pytest.mark.parametrize(
    ("step", "told", "engines", "batches", "expected"),
    [
        (
            "silver",
            steps(silver={"large": (0, 30), "huge": (0, 10), "small": (0, 30)}),
            chosen({"large": "spark", "huge": "spark", "small": "duckdb"}),
            [],
            {"large": 0.75, "huge": 0.25},
        ),
        (
            "stage",
            steps(stage={"large": (0, 9), "small": (0, 9)}),
            {},
            [batch("l", "large", spark="6 GB"), batch("s", "small")],
            {"large": 1.0},
        ),
        (
            "gold",
            steps(gold={"dim": (0, 10), "fact": (0, 30)}),
            chosen({model_subject("dim"): "duckdb", model_subject("fact"): "spark"}),
            [],
            {"fact": 1.0},
        ),
        (
            "gold",
            steps(gold={"dim": (0, 10), "fact": (0, 30)}),
            chosen({GOLD_MODELS: "spark"}),
            [],
            {"dim": 0.25, "fact": 0.75},
        ),
        ("backfill", steps(backfill={"large": (0, 9)}), {}, [], {"": 1.0}),
        ("silver", [], {}, [], {"": 1.0}),
    ],
)
def test_a_job_is_paid_by_those_that_spark_did(
    step: str,
    told: list[Step],
    engines: dict[str, EngineChoice],
    batches: list[Batch],
    expected: dict[str, float],
) -> None:
    job = used(step, 3600, meter="glue", size=2)  # 0.88 dollars
    shares = cost_shares([job], told, batches, engines)
    assert dollars(shares) == {name: round(0.88 * part, 4) for name, part in expected.items()}


def test_shares_add_up_to_the_runs_cost() -> None:
    usage = [
        used("weir-dev-open-run", 0.7),
        used("weir-dev-merge-silver", 3.3, subject="stores", size=3008),
        used("weir-dev-build-gold", 5.1, size=3008),
        used("silver", 71, meter="glue", size=2),
    ]
    told = steps(gold={"a": (1, 2), "b": (2, 9), "c": (9, 20)}, silver={"x": (0, 7), "y": (0, 3)})
    shares = cost_shares(usage, told, [], chosen({"x": "spark", "y": "spark"}))
    parts = [*shares.datasets.values(), *shares.models.values(), shares.whole]
    assert sum(of.total for of in parts) == pytest.approx(cost(usage).total)
