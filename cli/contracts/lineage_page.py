"""The lineage of a project as one page: a picture to point at, and the same as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from cli import pages
from cli.contracts.lineage_layout import HEAD, ROW, Box, Edge, Picture, picture
from dataplatform.compiler.lineage import Made, Origin
from dataplatform.naming import Zone
from dataplatform.plans.model import PlatformPlan

_STYLE: Final = """
body { max-width: 110rem }
svg { font: 11px ui-monospace, monospace; display: block; margin: 1rem 0 }
svg rect { fill: var(--back); stroke: var(--line) } svg text { fill: var(--ink) }
svg .head text { font-weight: 600 } svg .soft, svg .unread text { fill: var(--soft) }
svg path { fill: none; stroke: color-mix(in srgb, var(--soft) 45%, var(--back)); stroke-width: 1.2 }
svg path.column { stroke: var(--bar); visibility: hidden } svg path.rows { stroke-dasharray: 4 3 }
svg path.on { visibility: visible }
svg g[tabindex] { cursor: pointer; outline: none }
svg g.on rect { fill: color-mix(in srgb, var(--bar) 22%, var(--back)) }
svg g.row rect { stroke: none }
:is(th, td) { text-align: left; vertical-align: top } td + td { overflow-wrap: anywhere }
td, th { font-size: .9rem } code { font: .85rem ui-monospace, monospace }
.tables { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr));
  gap: 0 2rem } .tables h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
"""

_SCRIPT: Final = """
const of = (map, key) => map.get(key) || map.set(key, []).get(key);
const ups = new Map(), downs = new Map(), rows = new Map();
document.querySelectorAll('path.column').forEach(path => {
  of(downs, path.dataset.from).push(path); of(ups, path.dataset.to).push(path); });
document.querySelectorAll('g[data-name]').forEach(row => rows.set(row.dataset.name, row));
let pinned = '';
function walk(map, end, name, lit) {
  for (const path of map.get(name) || []) if (!lit.has(path)) {
    lit.add(path); lit.add(rows.get(path.dataset[end])); walk(map, end, path.dataset[end], lit); } }
function show(name) {
  document.querySelectorAll('.on').forEach(each => each.classList.remove('on'));
  if (!rows.has(name)) return;
  const lit = new Set([rows.get(name)]);
  walk(ups, 'from', name, lit); walk(downs, 'to', name, lit);
  lit.forEach(each => each && each.classList.add('on')); }
rows.forEach((row, name) => {
  row.onmouseenter = row.onfocus = () => show(name);
  row.onmouseleave = row.onblur = () => show(pinned);
  row.onclick = () => show(pinned = pinned === name ? '' : name);
  row.onkeydown = key => { if (key.key === 'Enter') row.onclick(); }; });
function link() {
  show(pinned = decodeURIComponent(location.hash.slice(1)));
  rows.get(pinned)?.scrollIntoView({ block: 'center', inline: 'nearest' }); }
addEventListener('hashchange', link);
link();
"""


def lineage_page(plan: PlatformPlan, made: Sequence[Made]) -> str:
    """The whole page; every value from outside is escaped.

    What stands behind a # of its address is chosen from the start: `#silver.stores.store_state`.
    Without its script it still shows which table is made of which, and all columns as text.
    """
    drawn = picture(plan, made)
    counts = f"{len(plan.datasets)} datasets, {len(plan.models)} models"
    return pages.page(
        "Weir lineage",
        _STYLE,
        f"<h1>Lineage <small>{counts}, as the contracts and models of the project say</small></h1>",
        "<p>Point at a column, or choose it: what it is made of lights up, and what is made of it.",
        " A dashed line says that a column only chooses or joins rows.",
        " Columns in grey are read by no gold model.</p>",
        f"<div class=wide>{_svg(drawn)}</div>",
        _tables(made),
        f"<script>{_SCRIPT}</script>",
    )


def _svg(drawn: Picture) -> str:
    width, height = drawn.size
    read = {edge.source for edge in drawn.edges}
    return "".join(
        (
            f"<svg width={width:.0f} height={height:.0f} viewBox='0 0 {width:.0f} {height:.0f}'",
            " role=img aria-label='Lineage of all columns; the tables below say the same'>",
            *_between_tables(drawn),
            *(_box(box, read) for box in drawn.boxes.values()),
            *(_line(edge, drawn.boxes) for edge in drawn.edges),
            "</svg>",
        )
    )


def _between_tables(drawn: Picture) -> Iterable[str]:
    pairs = dict.fromkeys((edge.source[0], edge.target[0]) for edge in drawn.edges)
    for source, target in pairs:
        yield f"<path d='{_curve(drawn.boxes[source], '', drawn.boxes[target], '')}'/>"


def _line(edge: Edge, boxes: Mapping[str, Box]) -> str:
    (source, column), (target, into) = edge.source, edge.target
    kind = "column" if into else "column rows"
    return (
        f"<path class='{kind}' data-from='{_name(edge.source)}' data-to='{_name(edge.target)}'"
        f" d='{_curve(boxes[source], column, boxes[target], into)}'/>"
    )


def _curve(source: Box, column: str, target: Box, into: str) -> str:
    x1, y1 = source.x + source.width, source.middle(column)
    x2, y2 = target.x, target.middle(into)
    bend = (x2 - x1) / 2 if x2 - x1 < 200 else 100
    return f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"


def _box(box: Box, read: set[Origin]) -> str:
    whole = (
        f"<rect x={box.x:.1f} y={box.y:.1f} width={box.width:.1f} height={box.height:.1f} rx=5 />"
    )
    head = (
        f"<g class=head data-name='{_name((box.table, ''))}'><text x={box.x + 8:.1f}"
        f" y={box.y + HEAD - 9:.1f}>{escape(box.table)}</text></g>"
    )
    lines = []
    for row in box.rows:
        middle = box.middle(row.name)
        origin = (box.table, row.name)
        unread = origin not in read and box.table.startswith(Zone.SILVER)
        said = f" <tspan class=soft>{escape(row.classified)}</tspan>" if row.classified else ""
        lines.append(
            f"<g class='row{' unread' if unread else ''}' tabindex=0 data-name='{_name(origin)}'>"
            f"<rect x={box.x + 1:.1f} y={middle - ROW / 2:.1f} width={box.width - 2:.1f}"
            f" height={ROW} /><text x={box.x + 8:.1f} y={middle + 4:.1f}>{escape(row.name)}{said}"
            "</text></g>"
        )
    return f"{whole}{head}{''.join(lines)}"


def _tables(made: Sequence[Made]) -> str:
    """A table for each model: its columns, and what each is made of."""
    if not made:
        return "<p>There is no gold model yet.</p>"
    shown = []
    for model in made:
        rows = [
            f"<tr><td><code>{escape(name)}</code></td>"
            f"<td>{_listed(of) or '<i>no column</i>'}</td></tr>"
            for name, of in model.columns.items()
        ]
        if model.rows:
            rows.append(f"<tr><td><i>which rows</i></td><td>{_listed(model.rows)}</td></tr>")
        head = "<tr><th>column</th><th>made of</th></tr>"
        name = escape(f"{Zone.GOLD}.{model.model}")
        shown.append(f"<section><h3>{name}</h3><table>{head}{''.join(rows)}</table></section>")
    return f"<h2>Models</h2><div class=tables>{''.join(shown)}</div>"


def _listed(origins: Iterable[Origin]) -> str:
    return ", ".join(f"<code>{escape('.'.join(origin))}</code>" for origin in origins)


def _name(origin: Origin) -> str:
    return escape(".".join(part for part in origin if part), quote=True)
