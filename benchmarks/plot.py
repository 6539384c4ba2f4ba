"""Lines over a logarithmic axis as SVG that any viewer shows, light or dark, with text to read.

Two or three panels with two lines each need no library; what is drawn is told by the figures alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Line = Sequence[tuple[float, float]]

_WIDTH: Final = 700
_HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 44, 24, 74, 46, 52
_LETTER: Final = 8
"""About as wide as a letter of the font is."""

_STYLE: Final = """
  .card { fill: #ffffff; stroke: #d0d7de; }
  text { fill: #1f2328; font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
  .title { font-weight: 600; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .l0 { stroke: #0a69b7; fill: #0a69b7; } .l1 { stroke: #b4540a; fill: #b4540a; }
  path.l0, path.l1 { fill: none; stroke-width: 2.5; }
  path.l1 { stroke-dasharray: 6 3; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #161b22; stroke: #30363d; }
    text { fill: #e6edf3; }
    .grid { stroke: #30363d; }
    .l0 { stroke: #6cb6ff; fill: #6cb6ff; } .l1 { stroke: #f0a35e; fill: #f0a35e; }
    path.l0, path.l1 { fill: none; }
  }
"""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot: points by line's name; both axes are logarithmic, so all are above 0."""

    title: str
    lines: Mapping[str, Line]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """The panels side by side, with the lines' names above.

    Raises:
        ValueError: a panel has no points, or one that isn't above 0.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    width = (_WIDTH - _LEFT - _RIGHT - _GAP * (len(panels) - 1)) / len(panels)
    drawn = [
        _panel(panel, names, _LEFT + place * (width + _GAP), width)
        for place, panel in enumerate(panels)
    ]
    legend, x = [], _LEFT
    for number, name in enumerate(names):
        legend.append(f'<path class="l{number}" d="M{x} 46h26"/>{_mark(number, x + 13, 46)}')
        legend.append(f'<text x="{x + 33}" y="50">{escape(name)}</text>')
        x += 33 + _LETTER * len(name) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="6"/>',
        f'<text class="title" x="{_LEFT}" y="26">{escape(title)}</text>',
        *legend,
        *drawn,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(panel: Panel, names: Sequence[str], left: float, width: float) -> str:
    points = [point for line in panel.lines.values() for point in line]
    if not points or any(x <= 0 or y <= 0 for x, y in points):
        raise ValueError(f"{panel.title}: points above 0 are needed, found {points}")
    x_low, x_high = _decades([x for x, _ in points])
    y_low, y_high = _decades([y for _, y in points])
    bottom, top = _HEIGHT - _BOTTOM, _TOP + 24

    def across(x: float) -> float:
        return left + width * (math.log10(x) - x_low) / (x_high - x_low)

    def up(y: float) -> float:
        return bottom - (bottom - top) * (math.log10(y) - y_low) / (y_high - y_low)

    drawn = [f'<text class="title" x="{left:.0f}" y="{_TOP + 8}">{escape(panel.title)}</text>']
    for power in range(y_low, y_high + 1):
        y = up(10.0**power)
        drawn.append(f'<path class="grid" d="M{left:.1f} {y:.1f}h{width:.1f}"/>')
        label = short(10.0**power)
        drawn.append(f'<text x="{left - 5:.1f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for power in range(x_low, x_high + 1):
        x = across(10.0**power)
        drawn.append(f'<path class="grid" d="M{x:.1f} {bottom}V{top}"/>')
        label = short(10.0**power)
        drawn.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    middle = left + width / 2
    drawn.append(f'<text x="{middle:.1f}" y="{bottom + 36}" text-anchor="middle">rows</text>')
    for name, line in panel.lines.items():
        number = names.index(name)
        at = [(across(x), up(y)) for x, y in sorted(line)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        drawn.append(f'<path class="l{number}" d="M{path}"/>')
        drawn += [_mark(number, x, y) for x, y in at]
    return "\n".join(drawn)


def _mark(number: int, x: float, y: float) -> str:
    """A circle or a square: lines are told apart without their colours too."""
    if number % 2:
        return f'<rect class="l{number}" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7"/>'
    return f'<circle class="l{number}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that enclose the values, two different ones."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    high = math.ceil(math.log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def short(value: float) -> str:
    """`10k`, `1M`, `0.1`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
