"""What settings of Spark and Iceberg would change, each alone, beside the jobs' own on a laptop.

100,000 records, nine tenths of them changes, into the newest three of fifty days, a million rows;
merges in turns, so that what the machine does besides falls on all alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from benchmarks.growing import CONTRACT, LARGE, SMALL, NewestDays
from benchmarks.lake import Lake, Taken, lake
from benchmarks.measure import Figure
from dataplatform.naming import CATALOG

TIMES: Final = 3


@dataclass(frozen=True)
class Variant:
    """Settings of the session and properties of the table that differ from the jobs' own."""

    session: Mapping[str, str] = field(default_factory=dict)
    table: Mapping[str, str] = field(default_factory=dict)
    ordered_by: str = ""


_OWN: Final = "the jobs' own settings"
VARIANTS: Final = {
    _OWN: Variant(),
    "without adaptive execution": Variant({"spark.sql.adaptive.enabled": "false"}),
    "200 shuffle partitions, as on Glue": Variant({"spark.sql.shuffle.partitions": "200"}),
    "the same, small ones not joined": Variant(
        {
            "spark.sql.shuffle.partitions": "200",
            "spark.sql.adaptive.coalescePartitions.enabled": "false",
        }
    ),
    "distribution mode none": Variant(table={"write.merge.distribution-mode": "none"}),
    "distribution mode range": Variant(table={"write.merge.distribution-mode": "range"}),
    "files of 32 MiB": Variant(table={"write.target-file-size-bytes": str(32 * 1024**2)}),
    "rows sorted by key": Variant(ordered_by="order_id"),
    "zstd level 1": Variant(table={"write.parquet.compression-level": "1"}),
}
LEAVES_DELETES: Final = {"merge-on-read": Variant(table={"write.merge.mode": "merge-on-read"})}
"""Last: the delete files have to be read by whoever comes after."""

_DISTRIBUTION: Final = "write.distribution-mode"


def run() -> list[Figure]:
    """Medians of each variant beside those of the jobs' own settings."""
    with lake(CONTRACT) as made:
        table = NewestDays(made)
        table.append(LARGE - SMALL, LARGE)
        for _ in range(2):
            table.merge("spark")  # Spark compiles
        taken = {**_in_turns(made, table, VARIANTS), **_in_turns(made, table, LEAVES_DELETES)}
    own = taken.pop(_OWN)
    return [_figure(name, found, own) for name, found in taken.items()]


def _in_turns(
    made: Lake, table: NewestDays, variants: Mapping[str, Variant]
) -> dict[str, list[Taken]]:
    taken: dict[str, list[Taken]] = {name: [] for name in variants}
    for _ in range(TIMES):
        for name, variant in variants.items():
            with _set(made, variant):
                taken[name].append(table.merge("spark"))
    return taken


@contextmanager
def _set(made: Lake, variant: Variant) -> Iterator[None]:
    table, spark = f"{CATALOG}.{made.dataset.silver_table}", made.spark
    before = {name: spark.conf.get(name, None) for name in variant.session}
    properties = spark.sql(f"SHOW TBLPROPERTIES {table}").collect()
    # An order to write in brings a distribution mode of its own.
    touched = {*variant.table, *((_DISTRIBUTION,) if variant.ordered_by else ())}
    held = {row[0]: row[1] for row in properties if row[0] in touched}
    for name, value in variant.session.items():
        spark.conf.set(name, value)
    _put(made, table, variant.table)
    if variant.ordered_by:
        spark.sql(f"ALTER TABLE {table} WRITE ORDERED BY {variant.ordered_by}")
    yield
    if variant.ordered_by:
        spark.sql(f"ALTER TABLE {table} WRITE UNORDERED")
    for name in touched - held.keys():
        spark.sql(f"ALTER TABLE {table} UNSET TBLPROPERTIES IF EXISTS ('{name}')")
    _put(made, table, held)
    for name, old in before.items():
        if old is None:
            spark.conf.unset(name)
        else:
            spark.conf.set(name, old)


def _put(made: Lake, table: str, properties: Mapping[str, str]) -> None:
    if properties:
        said = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
        made.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ({said})")


def _figure(name: str, taken: list[Taken], own: list[Taken]) -> Figure:
    value, rival = (median(each.wall for each in some) for some in (taken, own))
    cpu, rival_cpu = (median(each.cpu for each in some) for some in (taken, own))
    return Figure(
        name=f"100,000 rows into 3 of 50 days by Spark, {name}",
        value=value,
        unit="s",
        target=round(rival, 2),
        rival=_OWN,
        rival_value=rival,
        note=f"CPU {cpu:.1f} and {rival_cpu:.1f} s: {cpu / rival_cpu:.2f}; medians of {TIMES}",
    )
