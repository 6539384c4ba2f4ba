"""A large load whose keys lie among those that stand, by the Spark engine beside a plain script.

First a load of new keys alone, each between two that stand; then one of new keys, and changes of
rows that stand. The script is the one of `spark_load` that does the same: the newest record of each
key, MERGE. Both begin with the same rows in tables whose files are written alike, in one session.
Ours reads bronze, where the load was laid; the script the same records as JSON Lines from the disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.engines import CONTRACT, orders, rows
from benchmarks.lake import Lake, Taken, lake, timed
from benchmarks.measure import Figure
from benchmarks.plain_spark import PlainScripts
from benchmarks.spark_load import AGAIN, ROWS, fit, published
from dataplatform.ledger.records import Outcomes

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch

STANDING: Final = ROWS // 2
"""Rows before the first load: every fourth number is a key of theirs."""

_SCRIPTS_TABLE: Final = "plain_among"


@dataclass(frozen=True)
class Load:
    """Records of one version, some of which come a second time in the next.

    ids: SELECT of their keys. again: the same of those that come twice.
    """

    name: str
    ids: str
    again: str
    version: int
    outcomes: Outcomes

    def queries(self) -> Iterator[tuple[str, str, int]]:
        """Name, keys and version of what is sent together."""
        yield f"{self.version}-first", self.ids, self.version
        yield f"{self.version}-again", self.again, self.version + 1


def loads(size: int) -> list[Load]:
    """The two loads of so many rows, the second of which is half as large."""
    half, changed = size // 2, size // 10
    return [
        Load(
            name="new keys alone",
            ids=f"SELECT i FROM range({2 * size}) AS t(i) WHERE i % 4 IN (1, 2)",
            again=f"SELECT 4 * r * {AGAIN} + 1 FROM range({half // AGAIN}) AS t(r)",
            version=1,
            outcomes=Outcomes(inserted=size, duplicate=half // AGAIN),
        ),
        Load(
            name="new keys and a fifth of changes",
            ids=f"SELECT 4 * r + 3 FROM range({half - changed}) AS t(r) "
            f"UNION ALL SELECT 20 * r FROM range({changed}) AS t(r)",
            again=f"SELECT 4 * r * {AGAIN} + 3 FROM range({(half - changed) // AGAIN}) AS t(r)",
            version=3,
            outcomes=Outcomes(
                inserted=half - changed, updated=changed, duplicate=(half - changed) // AGAIN
            ),
        ),
    ]


def run() -> list[Figure]:
    """Each load by each, once."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as t, lake(CONTRACT) as made:
        fit(made, STANDING + ROWS)
        standing = _laid(made, "standing", f"SELECT 4 * r FROM range({STANDING}) AS t(r)", 0)
        published(made, [standing], Outcomes(inserted=STANDING))
        scripts = PlainScripts.beside(made)
        scripts.stand(_SCRIPTS_TABLE, filled=True)
        return [_figure(load, *_measured(made, scripts, load, Path(t))) for load in loads(ROWS)]


def _measured(made: Lake, scripts: PlainScripts, load: Load, scratch: Path) -> tuple[Taken, Taken]:
    """What our engine and the script take."""
    taken: dict[str, Taken] = {}
    files = [
        path
        for name, ids, version in load.queries()
        for path in rows(scratch, name, ids, version=version)
    ]
    batches = [_laid(made, name, ids, version) for name, ids, version in load.queries()]
    with timed(made, taken, "script"):
        scripts.merge(files, _SCRIPTS_TABLE)
    with timed(made, taken, "ours"):
        published(made, batches, load.outcomes)
    scripts.check(_SCRIPTS_TABLE, made.dataset)
    for path in files:
        path.unlink()
    return taken["ours"], taken["script"]


def _laid(made: Lake, name: str, ids: str, version: int) -> Batch:
    return made.laid(orders(ids, version), name)


def _figure(load: Load, ours: Taken, plain: Taken) -> Figure:
    return Figure(
        name=f"{load.outcomes.total:,} rows among standing keys, {load.name}, bronze → silver",
        value=ours.wall,
        unit="s",
        target=round(plain.wall, 1),
        rival="a plain PySpark script doing the same: newest of each key, MERGE",
        rival_value=plain.wall,
        note=f"CPU {ours.cpu:.0f} and {plain.cpu:.0f} s: {ours.cpu / plain.cpu:.2f}",
    )
