from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import logs as logs_verb
from cli import run as run_verb
from cli import sample_sources, samples
from cli import target as target_module
from cli.screen import Exit
from cli.tools import Tools
from cli.wrapper import ROOT
from dataplatform.adapters.warehouse import StatementFailed, StatementRefused
from dataplatform.ledger.engines import model_subject
from dataplatform.ledger.records import Step
from tests.unit.cli.conftest import RUN, FakeTarget, books

Weir = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("status",),
        ("status", "--run", RUN.run_id),
        ("sql", "select 1"),
        ("logs", "--run", RUN.run_id),
    ],
)
def test_json_is_all_that_json_prints(
    weir: Weir, target: FakeTarget, arguments: tuple[str, ...]
) -> None:
    code, out, err = weir(*arguments, "--json")
    assert code == Exit.DONE
    assert json.loads(out)
    assert err == ""


def test_records_in_quarantine_end_a_run_with_data_waiting(weir: Weir, target: FakeTarget) -> None:
    target.ledger.entries = [books(quarantined=2)]
    for verb in (("run",), ("status", "--run", RUN.run_id)):
        code, out, _ = weir(*verb)
        assert code == Exit.DATA_WAITING
        assert "2 records of this run wait in quarantine: ./weir quarantine ls" in out
    assert weir("status")[0] == Exit.DONE


def test_a_run_says_which_engine_did_what_and_why_and_what_it_cost(
    weir: Weir, target: FakeTarget
) -> None:
    _, out, _ = weir("status", "--run", RUN.run_id)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "✓ silver sales inserted 10 · duckdb · 6 MB batch" in lines
    assert "Cost $0.015 at list prices of us-east-1: Lambda $0.00020, Glue $0.015" in lines
    assert not [line for line in lines if "engine" in line], "the choice is no step of its own"
    _, out, _ = weir("status", "--run", RUN.run_id, "--json")
    said = json.loads(out)
    assert (said["datasets"]["sales"]["engine"], said["datasets"]["sales"]["reason"]) == (
        "duckdb",
        "6 MB batch",
    )
    assert said["datasets"]["sales"]["stager"] == "function"
    assert said["cost"] == {"lambda": 0.000196, "glue": 0.0146667, "total": 0.0148627}


def test_an_event_is_shown_once_though_its_group_is_on_two_pages(
    weir: Weir, target: FakeTarget
) -> None:
    _, out, _ = weir("logs", "--run", RUN.run_id)
    assert out.splitlines() == [
        "00:00:01 open-run           run opened",
        "00:00:01 silver/output      run opened",
    ]
    assert target.logs.asked == [
        "/aws/lambda/weir-dev-open-run",
        "/aws-glue/jobs/weir-dev-silver/output",
    ]


def test_a_function_that_has_logged_nothing_is_told_from_the_known(
    weir: Weir, target: FakeTarget
) -> None:
    code, _, err = weir("logs", "--function", "open-rum")
    assert code == Exit.USAGE
    assert 'Did you mean "open-run"?' in err and "silver/output" in err


def test_no_lines_are_said_to_be_none(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs_verb, "_events", lambda *_: iter(()))
    code, out, _ = weir("logs", "--run", RUN.run_id)
    assert (code, out) == (Exit.DONE, "No lines since 10:04:11 UTC.\n")


def test_a_dataset_that_is_not_deployed_starts_no_run(weir: Weir, target: FakeTarget) -> None:
    code, _, err = weir("run", "wether")
    assert code == Exit.USAGE
    assert '"wether"; expected a dataset that is deployed' in err


def test_logs_of_one_job_are_asked_for_by_its_name(weir: Weir, target: FakeTarget) -> None:
    weir("logs", "--function", "silver")
    assert target.logs.asked == ["/aws-glue/jobs/weir-dev-silver/output"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("status", "--run", "nope"), Exit.USAGE, "no run nope"),
        (("logs", "--run", "nope"), Exit.USAGE, "no run nope"),
        (("sql", "--format", "x", "select 1"), Exit.USAGE, '"x" isn\'t known'),
        (("nope",), Exit.USAGE, "No such command"),
        (("run", "--nope"), Exit.USAGE, "No such option"),
        (("run", "--engine", "duck"), Exit.USAGE, "'duck' is not one of 'duckdb', 'spark'"),
        (("up", "--engine", "duck"), Exit.USAGE, "'duck' is not one of 'duckdb', 'spark'"),
    ],
)
def test_an_error_is_three_lines_and_its_exit_code(
    weir: Weir, target: FakeTarget, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended, out, err = weir(*arguments)
    assert (ended, out) == (code, "")
    assert told in err
    assert len(err.splitlines()) == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [(StatementRefused("ERROR: no such column"), 2), (StatementFailed("took longer"), 1)],
)
def test_a_query_that_the_warehouse_refuses_is_wrong_usage_one_that_takes_too_long_is_not(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    """As the lake's: see test_lake_sql.py."""

    def query(sql: str) -> None:
        raise error

    monkeypatch.setattr(target.warehouse, "query", query)
    ended, out, err = weir("sql", "select x from gold.dim_store")
    assert (ended, out) == (code, "")
    assert f"✗ {error.args[0]}" in err


def test_a_platform_that_is_not_running_is_an_environment_error(
    weir: Weir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_module, "STATE", tmp_path)
    code, _, err = weir("status")
    assert code == Exit.ENVIRONMENT
    assert "./weir up" in err and len(err.splitlines()) == 3


def test_a_fault_of_weir_is_named_and_debug_shows_where(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(run_verb, "execute", broken)
    code, _, err = weir("run")
    assert code == Exit.FAILED
    assert err.startswith("✗ ZeroDivisionError: by nought") and "--debug" in err
    with pytest.raises(ZeroDivisionError):
        weir("run", "--debug")


def test_ctrl_c_says_what_goes_on(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_verb, "execute", interrupted)
    code, _, err = weir("run")
    assert code == Exit.INTERRUPTED
    assert "./weir status" in err and "./weir down" in err


def test_help_lists_every_verb(weir: Weir) -> None:
    _, out, _ = weir("--help")
    for verb in ("up", "run", "status", "sql", "logs", "down", "test", "lock", "bench", "cdk"):
        assert f" {verb} " in out


def test_without_a_verb_there_is_help_and_no_error(weir: Weir) -> None:
    code, out, err = weir()
    assert (code, err) == (Exit.USAGE, "")
    assert "Usage: weir" in out


def test_the_version_is_the_projects(weir: Weir) -> None:
    code, out, _ = weir("--version")
    assert code == Exit.DONE
    assert f'version = "{out.split()[1]}"' in (ROOT / "pyproject.toml").read_text()


def test_a_page_holds_the_books_and_the_timeline(
    weir: Weir, target: FakeTarget, page: Path
) -> None:
    assert weir("status", "--html", str(page))[0] == Exit.DONE
    text = page.read_text()
    assert RUN.run_id in text and "sales" in text and "1.5 s" in text
    assert "<td>6.2&nbsp;MB</td><td>1.5</td>" in text, "what sales landed and took"
    assert "http://" not in text and "https://" not in text


def test_a_page_says_which_engine_built_each_model_and_why(
    weir: Weir, target: FakeTarget, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = "2026-11-21T10:04:13.000Z"
    steps = [
        Step(run_id=RUN.run_id, name=name, dataset=of, at=at, detail=detail, counts=counts)
        for name, of, detail, counts in (
            ("engine", model_subject("fact<1>"), "spark · tables of 1 GB, over 789 MB", {}),
            ("gold", "fact<1>", "", {"inserted": 1234}),
        )
    ]
    monkeypatch.setattr(target.ledger, "steps", lambda run_id: steps)
    assert weir("status", "--html", str(page))[0] == Exit.DONE
    text = page.read_text()
    assert "<td>fact&lt;1&gt;<small>spark · tables of 1 GB, over 789 MB</small>" in text
    assert "<td>1,234</td>" in text


def test_an_address_left_by_a_killed_api_is_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sample_sources.present()
    monkeypatch.setattr(sample_sources, "STATE", tmp_path)
    monkeypatch.setattr(sample_sources, "API", tmp_path)
    (tmp_path / "api.json").write_text('{"url": "http://x", "port": 1, "api_key": "k", "pid": 1}')
    assert sample_sources.address() is None


@pytest.mark.parametrize("removed", [True, False])
def test_an_address_that_nothing_of_the_project_asks_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    class Running:
        def __init__(self, state: object) -> None: ...

        def find(self, name: str) -> str:
            return name

    monkeypatch.setattr(sample_sources, "ROOT", tmp_path if removed else ROOT)
    monkeypatch.setattr(sample_sources, "API", tmp_path)
    monkeypatch.setattr(sample_sources, "STATE", tmp_path)
    monkeypatch.setattr(sample_sources, "Processes", Running)
    (tmp_path / "api.json").write_text('{"url": "http://x", "port": 1, "api_key": "k", "pid": 1}')
    assert (sample_sources.address() is None) == removed


@pytest.mark.parametrize("removed", [True, False])
def test_events_without_a_stream_say_what_is_missing(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    monkeypatch.setattr(samples, "present", lambda: not removed)
    monkeypatch.setattr(Tools, "load", lambda: None)
    code, _, err = weir("samples", "replay")
    assert code == Exit.FAILED
    assert "stage dev has no stream of pos_sales" in err
    assert ("git checkout -- contracts/foodmart models/foodmart" in err) == removed
    assert "./weir up" in err


def test_an_option_with_a_wrong_value_is_told_what_it_takes(weir: Weir) -> None:
    code, out, err = weir("run", "--engine", "dukdb")
    assert code == Exit.USAGE
    assert out == ""
    assert err.startswith("✗ Invalid value for '--engine': 'dukdb' is not one of 'duckdb', 'spark'")
