from __future__ import annotations

import json

import pytest

from bootstrap import java, maven, node, tools
from bootstrap.layout import Layout
from bootstrap.trouble import Trouble


@pytest.fixture
def fetched(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A layout whose fetches only touch the files."""

    def touch_jar(layout: Layout, jar: maven.Jar, directory: object, _: object) -> None:
        place = layout.samples if jar is maven.FOODMART else layout.jars
        place.mkdir(parents=True, exist_ok=True)
        (place / jar.name).touch()

    def touch_cdk(layout: Layout) -> None:
        node.cdk(layout).parent.mkdir(parents=True)
        node.cdk(layout).touch()

    monkeypatch.setattr(java, "find", lambda layout: layout.project)
    monkeypatch.setattr(maven, "fetch", touch_jar)
    monkeypatch.setattr(node, "install", touch_cdk)
    monkeypatch.setattr(tools, "_layers", lambda _: None)
    layout.node.parent.mkdir(parents=True)
    layout.node.touch()
    return layout


def test_nothing_is_known_before_the_first_fetch(layout: Layout) -> None:
    assert tools.read(layout) is None


def test_after_the_fetch_every_path_is_known(fetched: Layout) -> None:
    known = tools.ensure(fetched)
    assert tools.read(fetched) == known
    assert set(known) == {
        "cache",
        "cdk",
        "foodmart",
        "jars",
        "java_home",
        "node",
        "node_modules",
    }


def test_an_erased_cache_is_noticed(fetched: Layout) -> None:
    tools.ensure(fetched)
    (fetched.samples / maven.FOODMART.name).unlink()
    assert tools.read(fetched) is None


def test_another_version_of_a_layer_is_noticed(fetched: Layout) -> None:
    tools.ensure(fetched)
    (fetched.project / "layers" / "lake.txt").write_text("pyarrow==21.0.0\n")
    assert tools.read(fetched) is None


def test_a_damaged_file_is_no_file(fetched: Layout) -> None:
    tools.ensure(fetched)
    fetched.tools.write_text(json.dumps({"cache": "/"})[:-1])
    assert tools.read(fetched) is None


def test_one_that_cannot_be_fetched_is_told(
    fetched: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Layout) -> None:
        raise Trouble("npm", "no network", "later")

    monkeypatch.setattr(node, "install", fail)
    with pytest.raises(Trouble, match="npm"):
        tools.ensure(fetched)
    assert tools.read(fetched) is None


def test_what_is_started_keeps_its_byte_code(
    fetched: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("WEIR_STATE_DIR", "/elsewhere")
    tools.ensure(fetched)
    started = tools.variables(fetched)
    assert "PYTHONDONTWRITEBYTECODE" not in started
    assert started["WEIR_STATE_DIR"] == "/elsewhere"
    assert started["WEIR_TOOLS"] == str(fetched.tools)


def test_without_tools_no_file_of_them_is_named(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEIR_TOOLS", raising=False)  # the tests themselves run with it
    started = tools.variables(layout)
    assert "WEIR_TOOLS" not in started and started["VIRTUAL_ENV"] == str(layout.venv)
