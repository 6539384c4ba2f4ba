"""Where datasets and models stand in the picture of their lineage, and which columns are joined.

Lengths are SVG's units: pixels at the size in which the picture is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dataplatform.compiler.lineage import Made, Origin
from dataplatform.naming import Zone
from dataplatform.plans.model import Column, PlatformPlan

ROW: Final = 18
HEAD: Final = 26
_PAD: Final = 6
_GAP: Final = (96, 18)
"""Between boxes: beside each other, where lines run, and below each other."""

_LETTER: Final = 6.7
"""Width of one of the picture's letters, which are all alike; its style says how large they are."""

_OPEN: Final = ("", "public", "internal")


@dataclass(frozen=True)
class Row:
    """A column in its box; `classified` is "" where nothing above internal is said."""

    name: str
    classified: str


@dataclass(frozen=True)
class Box:
    """A dataset or a model: its table as `zone.name`, its columns below it."""

    table: str
    rows: tuple[Row, ...]
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        """Head, rows and what is left free below."""
        return HEAD + ROW * len(self.rows) + _PAD

    def middle(self, column: str = "") -> float:
        """Height of a column's line; of the head for ""."""
        names = [row.name for row in self.rows]
        if column not in names:
            return self.y + HEAD / 2
        return self.y + HEAD + ROW * (names.index(column) + 0.5)


@dataclass(frozen=True)
class Edge:
    """A column goes into a model: into one of its columns, or ("") only into which rows it has."""

    source: Origin
    target: Origin


@dataclass(frozen=True)
class Picture:
    """All boxes, by table, and what joins them."""

    boxes: Mapping[str, Box]
    edges: tuple[Edge, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        boxes = self.boxes.values()
        return (
            max((box.x + box.width for box in boxes), default=0) + 1,
            max((box.y + box.height for box in boxes), default=0) + 1,
        )


def picture(plan: PlatformPlan, made: Sequence[Made]) -> Picture:
    """Datasets at the left, then each model to the right of all that it reads."""
    tables = {f"{Zone.SILVER}.{each.dataset}": each.columns for each in plan.datasets}
    tables |= {f"{Zone.GOLD}.{each.name}": each.columns for each in plan.models}
    edges = tuple(edge for model in made for edge in _edges(model) if edge.source[0] in tables)
    depth = dict.fromkeys(tables, 0)
    for model in made:  # in their order, so what they read has its place
        target = f"{Zone.GOLD}.{model.model}"
        depth[target] = 1 + max(
            (depth[e.source[0]] for e in edges if e.target[0] == target), default=0
        )
    boxes: dict[str, Box] = {}
    left = 0.5
    for level in range(max(depth.values(), default=0) + 1):
        names = [name for name in tables if depth[name] == level]
        width = max(map(_width, names, (tables[name] for name in names)), default=0)
        boxes |= _stacked(names, tables, edges, boxes, left, width)
        left += width + _GAP[0]
    return Picture(boxes, edges)


def _edges(model: Made) -> Iterable[Edge]:
    table = f"{Zone.GOLD}.{model.model}"
    for column, origins in model.columns.items():
        for origin in origins:
            yield Edge(origin, (table, column))
    for origin in model.rows:
        yield Edge(origin, (table, ""))


def _stacked(
    names: Iterable[str],
    tables: Mapping[str, Sequence[Column]],
    edges: Iterable[Edge],
    before: Mapping[str, Box],
    left: float,
    width: float,
) -> dict[str, Box]:
    """Boxes below each other, each beside what it reads where there is room; few lines cross."""
    listed = list(edges)

    def height(name: str) -> float:
        read = [before[e.source[0]].middle() for e in listed if e.target[0] == name and e.target[1]]
        return sum(read) / len(read) if read else 0.0

    placed: dict[str, Box] = {}
    top = 0.5
    for name in sorted(names, key=height):  # those that read nothing stay as they come
        top = max(top, height(name) - HEAD / 2)
        placed[name] = Box(name, tuple(map(_row, tables[name])), left, top, width)
        top += placed[name].height + _GAP[1]
    return placed


def _row(column: Column) -> Row:
    return Row(column.name, "" if column.classification in _OPEN else column.classification)


def _width(name: str, columns: Sequence[Column]) -> float:
    letters = [len(name) + 2, *(len("  ".join(vars(_row(each)).values())) for each in columns)]
    return max(letters) * _LETTER + 2 * _PAD
