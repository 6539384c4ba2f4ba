"""A runtime beside the project's own: made where cdk.json asks for it, and once a machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootstrap import environment, maven, runtimes, tools
from bootstrap.layout import Layout
from bootstrap.trouble import Trouble
from stacks.runtime import GLUE_6_0
from tests.unit.bootstrap.conftest import program


def configured(layout: Layout, text: str) -> None:
    (layout.project / "cdk.json").write_text(text)


def stages(runtime: str) -> str:
    return json.dumps({"context": {"stages": {"dev": {"runtime": runtime}}}})


@pytest.fixture
def runtime(layout: Layout) -> runtimes.Runtime:
    configured(layout, stages("glue-6.0"))
    wanted = runtimes.wanted(layout)
    assert wanted is not None
    layout.cache.mkdir(parents=True)
    return wanted


@pytest.fixture
def ran(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What uv was asked; jars come at once."""
    asked: list[list[str]] = []

    def run(_: str, command: list[str], **__: object) -> str:
        asked.append(command)
        if "venv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True)
        return ""

    def fetch(_: Layout, jar: maven.Jar, directory: Path, __: Path) -> Path:
        directory.mkdir(exist_ok=True)
        (directory / jar.name).touch()
        return directory / jar.name

    monkeypatch.setattr(runtimes, "run", run)
    monkeypatch.setattr(maven, "fetch", fetch)
    monkeypatch.setattr(environment, "ensure_uv", lambda _: Path("uv"))
    return asked


def test_what_the_stacks_deploy_is_what_is_made(runtime: runtimes.Runtime) -> None:
    assert (runtime.name, runtime.python) == (GLUE_6_0.name, GLUE_6_0.python)


@pytest.mark.parametrize("text", [stages("glue-5.1"), stages("glue-7"), "{}", "[]", "no JSON"])
def test_nothing_is_made_where_nothing_asks_for_it(layout: Layout, text: str) -> None:
    configured(layout, text)
    assert runtimes.wanted(layout) is None


def test_it_is_made_once_for_all_checkouts(
    layout: Layout, runtime: runtimes.Runtime, ran: list[list[str]]
) -> None:
    home = runtimes.ensure(layout, runtime, Path("/java"))
    assert home.is_relative_to(layout.cache)
    assert sorted(jar.name for jar in (home / "jars").iterdir()) == sorted(
        jar.name for jar in runtime.jars
    )
    asked = len(ran)
    assert runtimes.ensure(layout, runtime, Path("/java")) == home
    assert len(ran) == asked


def test_without_such_a_python_it_is_said_what_needs_it_and_what_to_do(
    layout: Layout, runtime: runtimes.Runtime, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise Trouble("uv", "no such interpreter", "")

    monkeypatch.setattr(runtimes, "run", fail)
    monkeypatch.setattr(runtimes, "find_python", lambda _: None)
    with pytest.raises(Trouble, match=r"No Python 3\.13 was found.*") as caught:
        runtimes.ensure(layout, runtime, Path("/java"))
    assert '"runtime": "glue-5.1"' in str(caught.value)


def test_other_pins_are_another_environment(layout: Layout, runtime: runtimes.Runtime) -> None:
    before = runtime.home(layout)
    runtime.lock.file(layout.project).write_text("pyspark==4.1.2\n")
    assert runtime.home(layout) != before


def test_a_shim_that_leads_nowhere_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "shims" / "python3.13", "exit 127")
    real = program(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin" / "python3.13", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert runtimes.find_python("3.13") == str(real)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    assert runtimes.find_python("3.13") is None


def test_a_change_of_the_switch_is_noticed(layout: Layout, runtime: runtimes.Runtime) -> None:
    newer = tools._digest(layout)
    configured(layout, stages("glue-5.1"))
    assert tools._digest(layout) != newer


def test_its_python_comes_before_the_machines_and_after_ours(
    layout: Layout, runtime: runtimes.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/machine")
    path = tools.search_path(layout).split(":")
    assert path.index(str(layout.python.parent)) == 0
    assert path.index(str(runtime.home(layout) / "bin")) < path.index("/machine")
