from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bootstrap import maven
from bootstrap.layout import Layout
from bootstrap.maven import Jar
from bootstrap.trouble import Trouble
from tests.unit.bootstrap.conftest import program

_JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(b"bytes\n").hexdigest(), 6)
# Ivy's last argument is a pattern such as DIR/[artifact]-[revision].[ext].
_IVY = 'for last; do :; done; echo {text} > "$(dirname "$last")/thing-1.0.jar"'


@pytest.fixture
def java_home(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Java whose Ivy brings the bytes that were pinned."""
    monkeypatch.setattr(maven, "certificate_bundle", lambda: None)
    (layout.packages / "pyspark" / "jars").mkdir(parents=True)
    (layout.packages / "pyspark" / "jars" / "ivy-2.5.1.jar").touch()
    layout.cache.mkdir(parents=True)
    program(tmp_path / "java" / "bin" / "java", _IVY.format(text="bytes"))
    return tmp_path / "java"


def test_the_pinned_bytes_are_kept(layout: Layout, java_home: Path) -> None:
    fetched = maven.fetch(layout, _JAR, layout.jars, java_home)
    assert fetched.read_bytes() == b"bytes\n"
    assert [path.name for path in layout.cache.iterdir()] == ["jars"]


def test_other_bytes_are_refused_and_not_kept(layout: Layout, java_home: Path) -> None:
    program(java_home / "bin" / "java", _IVY.format(text="other"))
    with pytest.raises(Trouble, match=r"thing-1\.0\.jar: SHA-256"):
        maven.fetch(layout, _JAR, layout.jars, java_home)
    assert list(layout.jars.iterdir()) == []


def test_what_is_in_the_cache_is_not_fetched_again(layout: Layout, java_home: Path) -> None:
    maven.fetch(layout, _JAR, layout.jars, java_home)
    (java_home / "bin" / "java").unlink()
    assert maven.fetch(layout, _JAR, layout.jars, java_home).is_file()


def test_java_is_told_of_the_machines_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("https_proxy", raising=False)
    assert maven._proxy("https") == [
        "-Dhttps.proxyHost=proxy.example",
        "-Dhttps.proxyPort=3128",
    ]
