from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.spark import driver


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A job whose files are there already, and a JVM that takes anything."""
    monkeypatch.setattr(driver, "_download", lambda uri, directory: str(directory / uri))
    monkeypatch.setattr(driver, "_attach", lambda properties, files: None)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return {
        "directory": str(tmp_path),
        "python_files": [],
        "script": "script.py",
        "argv": ["--run_id", "r1"],
        "properties": {},
    }


def run(job: dict[str, Any], script: str) -> BaseException | None:
    (Path(job["directory"]) / "script.py").write_text(script)
    return driver._run(job)


def test_the_script_is_main_and_has_its_arguments(job: dict[str, Any], tmp_path: Path) -> None:
    script = "import sys\nassert __name__ == '__main__'\nassert sys.argv[1:] == ['--run_id', 'r1']"
    assert run(job, script) is None


def test_the_script_finds_the_modules_that_its_job_ships(
    job: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "weir_shipped.py").write_text("answer = 42")
    job["python_files"] = ["shipped"]
    assert run(job, "import weir_shipped\nassert weir_shipped.answer == 42") is None


@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)"])
def test_a_script_that_exits_with_zero_succeeds(job: dict[str, Any], end: str) -> None:
    assert run(job, f"import sys\n{end}") is None


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('bad thing')", "ValueError: bad thing"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_the_error_message_is_the_tracebacks_last_line(
    job: dict[str, Any], script: str, message: str
) -> None:
    failure = run(job, script)
    assert failure is not None
    assert driver._message(failure) == message


def test_the_traceback_begins_with_the_script(
    job: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    failure = run(job, "def inner():\n    raise ValueError('x')\ninner()")
    assert failure is not None
    driver._print_traceback(failure, job["directory"])
    printed = capsys.readouterr().err
    assert "script.py" in printed
    assert "runpy" not in printed
    assert "driver.py" not in printed
