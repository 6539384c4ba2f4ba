"""A plot is well-formed, and its points stand where the figures say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.plot import Panel, short, svg

_SVG = "{http://www.w3.org/2000/svg}"


def test_ten_times_as_much_is_always_as_far_away() -> None:
    line = [(10_000.0, 0.1), (100_000.0, 1.0), (1_000_000.0, 10.0)]
    root = ElementTree.fromstring(svg("t", [Panel(title="seconds", lines={"a & b": line})]))
    circles = root.findall(f"{_SVG}circle")[1:]  # the first one is the legend's
    xs = [float(circle.attrib["cx"]) for circle in circles]
    ys = [float(circle.attrib["cy"]) for circle in circles]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2) and xs[0] < xs[1]
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.2) and ys[0] > ys[1]
    assert "a & b" in {text.text for text in root.iter(f"{_SVG}text")}


@pytest.mark.parametrize("line", [[], [(10.0, 0.0)], [(0.0, 1.0)]])
def test_what_a_logarithm_cannot_show_is_refused(line: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="seconds: points above 0"):
        svg("t", [Panel(title="seconds", lines={"a": line})])


def test_powers_of_ten_are_short() -> None:
    assert [short(10.0**power) for power in (-1, 0, 4, 6)] == ["0.1", "1", "10k", "1M"]
