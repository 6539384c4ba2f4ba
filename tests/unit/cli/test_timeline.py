"""Lines of a run's timeline: what an engine does says which engine, and why."""

from __future__ import annotations

from rich.text import Text

from cli.timeline import latest, line
from dataplatform.ledger.engines import ENGINE_STEP, model_subject
from dataplatform.ledger.records import Step, StepState
from dataplatform.naming import GOLD_MODELS


def step(name: str, dataset: str, detail: str = "", state: StepState = "done") -> Step:
    return Step(run_id="run", name=name, at="", dataset=dataset, state=state, detail=detail)


def shown(*steps: Step) -> list[str]:
    return [" ".join(Text.from_markup(line(each)).plain.split()) for each in latest(steps)]


def test_a_dataset_that_was_handed_over_shows_who_took_it_and_why() -> None:
    assert shown(
        step(ENGINE_STEP, "sales", "duckdb · 6 MB batch"),
        step("silver", "sales", state="started"),
        step(ENGINE_STEP, "sales", "spark · out of memory"),
        step("silver", "sales"),
    ) == ["✓ silver sales spark · out of memory"]


def test_a_model_and_a_dataset_of_one_name_keep_their_engines_apart() -> None:
    assert shown(
        step(ENGINE_STEP, "stores", "spark · asked for by the contract"),
        step("silver", "stores"),
        step(ENGINE_STEP, model_subject("stores"), "duckdb · tables of 1 MiB"),
        step("gold", "stores"),
    ) == [
        "✓ silver stores spark · asked for by the contract",
        "✓ gold stores duckdb · tables of 1 MiB",
    ]


def test_models_built_before_gold_was_handed_over_are_still_duckdbs() -> None:
    assert shown(
        step(ENGINE_STEP, model_subject("dim"), "duckdb · tables of 1 MiB"),
        step("gold", "dim"),
        step(ENGINE_STEP, GOLD_MODELS, "spark · out of time"),
        step("gold", "fact"),
    ) == ["✓ gold dim duckdb · tables of 1 MiB", "✓ gold fact spark · out of time"]


def test_other_steps_have_no_engine() -> None:
    assert shown(
        step(ENGINE_STEP, "sales", "duckdb · 6 MB batch"), step("stage", "sales", "sales-1f0c")
    ) == ["✓ stage sales sales-1f0c"]
