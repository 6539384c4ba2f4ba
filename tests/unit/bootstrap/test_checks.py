from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bootstrap import checks
from bootstrap.checks import Check

_OK = Check("quiet", ("true",))
_BAD = Check("strict", ("sh", "-c", "echo x.py:1 wrong; exit 1"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one test that passes."""
    monkeypatch.setattr(checks, "_ROOT", tmp_path)
    (tmp_path / "test_one.py").write_text("def test_it():\n    assert True\n")
    return tmp_path


def run(found: list[Check], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(checks, "checks", lambda: found)
    return checks.main(["-p", "no:cacheprovider", *arguments])


def closing(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().out.strip().splitlines()[-1]


def test_all_passing_ends_with_pytests_own_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([_OK], monkeypatch) == 0
    assert "1 passed" in closing(capfd)


def test_a_linter_that_fails_fails_all_and_still_ends_with_that_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([_OK, _BAD], monkeypatch) == 1
    printed = capfd.readouterr().out
    assert "x.py:1 wrong" in printed
    assert "failed: strict" in printed
    assert "1 passed" in printed.strip().splitlines()[-1]


def test_tests_and_linters_run_side_by_side(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each waits for the other: one after the other, both would wait in vain."""
    waits = "until [ -e tested ]; do [ -e begun ] || touch begun; done; echo x.py:1 wrong; exit 1"
    (project / "test_one.py").write_text(
        "import pathlib\n"
        "def test_it():\n"
        "    while not pathlib.Path('begun').exists():\n"
        "        pass\n"
        "    pathlib.Path('tested').touch()\n"
    )
    assert run([Check("strict", ("sh", "-c", waits))], monkeypatch) == 1
    printed = capfd.readouterr().out
    assert "\n── strict ──\nx.py:1 wrong\n ✗ strict" in printed
    assert "1 passed" in printed.strip().splitlines()[-1]


def test_a_linter_is_told_when_the_line_that_pytest_has_begun_is_at_its_end(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output = checks._Output()
    output.pass_on(b"tests/x.py ..")
    output.say(" \u2713 ruff\n")
    output.say(" \u2713 mypy\n")
    output.pass_on(b". [ 9%]\ntests/y.py .")
    output.say(" \u2713 imports\n")
    output.end()
    output.say(" \u2713 format\n")
    told = capfd.readouterr().out.splitlines()
    assert told == [
        "tests/x.py ... [ 9%]",
        " \u2713 ruff",
        " \u2713 mypy",
        "tests/y.py .",
        " \u2713 imports",
        " \u2713 format",
    ]


def test_a_failing_test_fails(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "test_two.py").write_text("def test_it():\n    assert not 1\n")
    assert run([_OK], monkeypatch) == 1
    assert "1 failed, 1 passed" in closing(capfd)


def test_no_test_is_a_failure(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run([_OK], monkeypatch, "-k", "nothing_is_called_so") == 5


def test_arguments_go_to_pytest(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([_OK], monkeypatch, "--collect-only", "-q") == 0
    assert "1 test collected" in capfd.readouterr().out


def test_each_linter_of_this_tree_is_called() -> None:
    found = {check.name for check in checks.checks()}
    assert found >= {"mypy", "imports", "ruff", "format"}
    assert all(
        Path(check.command[0]).parent == Path(sys.executable).parent for check in checks.checks()
    )
