"""A run's cost at list prices, against amounts worked out by hand."""

from __future__ import annotations

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.costs import PRICES, Cost, cost
from dataplatform.ledger.usage import Meter, Usage
from tests.unit.support.ledgers import Clock


def used(meter: Meter, size: int, seconds: float) -> Usage:
    milliseconds = round(seconds * 1000)
    return Usage(run_id="run", step="s", meter=meter, size=size, milliseconds=milliseconds)


def test_a_function_is_billed_for_its_gigabyte_seconds_and_its_call() -> None:
    assert cost([used("lambda", 2048, 30)]).to_dict() == {
        "lambda": 0.0010002,  # 60 GB-s, and a call
        "glue": 0,
        "total": 0.0010002,
    }


@pytest.mark.parametrize("seconds", [3, 60])
def test_a_spark_job_is_billed_for_a_minute_at_least(seconds: float) -> None:
    assert cost([used("glue", 2, seconds)]).jobs == pytest.approx(2 * 0.44 / 60)


def test_each_job_has_a_minute_of_its_own_and_longer_ones_are_billed_by_the_second() -> None:
    assert cost([used("glue", 2, 10), used("glue", 2, 90)]).jobs == pytest.approx(
        2 * 0.44 * (60 + 90) / 3600
    )


def test_a_run_without_usage_costs_nothing() -> None:
    assert cost([]) == Cost()


def test_prices_say_where_and_when_they_were_looked_up() -> None:
    assert PRICES.region == "us-east-1"
    assert all(source.startswith("https://aws.amazon.com/") for source in PRICES.sources)


def test_the_ledger_keeps_every_call_of_a_run_in_its_order(ledger: Ledger, clock: Clock) -> None:
    for number in (1, 2):
        ledger.used("run", "merge", meter="lambda", size=3008, milliseconds=number)
        clock.forward(1)
    ledger.used("other", "merge", meter="glue", size=2, milliseconds=3)
    assert [(u.size, u.milliseconds) for u in ledger.usage("run")] == [(3008, 1), (3008, 2)]
    assert ledger.steps("run") == []
