"""The engine that publishes a dataset is chosen once a run, and changes only to Spark."""

from __future__ import annotations

from dataplatform.ledger import Ledger
from dataplatform.ledger.engines import ENGINE_STEP, EngineChoice


def told(ledger: Ledger) -> list[tuple[str, str]]:
    return [(s.dataset, s.detail) for s in ledger.steps("run") if s.name == ENGINE_STEP]


def test_a_choice_stands_however_often_a_step_is_repeated(ledger: Ledger) -> None:
    assert ledger.engine("run", "sales") is None
    first = ledger.choose_engine("run", "sales", "duckdb", "6 MB batch")
    again = ledger.choose_engine("run", "sales", "spark", "900 MB batch")
    assert again == first == ledger.engine("run", "sales")
    assert first == EngineChoice(
        run_id="run", dataset="sales", engine="duckdb", reason="6 MB batch"
    )
    assert told(ledger) == [("sales", "duckdb · 6 MB batch")]


def test_another_run_chooses_anew(ledger: Ledger) -> None:
    ledger.choose_engine("run", "sales", "duckdb", "6 MB batch")
    ledger.choose_engine("other", "sales", "spark", "900 MB batch")
    assert {run: ledger.engines(run)["sales"].engine for run in ("run", "other")} == {
        "run": "duckdb",
        "other": "spark",
    }


def test_what_was_left_to_spark_is_not_taken_back(ledger: Ledger) -> None:
    ledger.choose_engine("run", "sales", "duckdb", "6 MB batch")
    for _ in range(2):
        ledger.leave_to_spark("run", "sales", "out of memory")
    stands = ledger.choose_engine("run", "sales", "duckdb", "6 MB batch")
    assert str(stands) == "spark · out of memory"
    assert told(ledger) == [("sales", "duckdb · 6 MB batch"), ("sales", "spark · out of memory")]
