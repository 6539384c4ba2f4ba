"""Whatever becomes of a contract between batches: silver has the rows that a dict of them has."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.duckdb_engine.publication import Publication
from dataplatform.overtaken import Overtaken
from dataplatform.plans.model import SilverPlan
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import Shop, orders, shops

NAMES = ("amount", "city", "note", "state")
TYPES = {"string": "logicalType: string", "int": "logicalType: integer", "bigint": ""}
TYPES["bigint"] = f"{TYPES['int']}, physicalType: BIGINT"

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: 5a0c0f2e-0000-4000-8000-000000000001
version: {version}.0.0
status: active
domain: shop
servers: [{{server: landing, type: s3, location: s3://landing/orders/, format: csv}}]
schema:
  - name: orders
    customProperties: [{{property: ordering, value: day}}]
    properties:
      - {{name: order_id, id: c0, logicalType: integer, required: true, primaryKey: true}}
      - {{name: day, id: c1, logicalType: integer, required: true}}
"""


@dataclass
class Declared:
    """A column of the contract; `born`: the first record that was sent with it."""

    id: str
    name: str
    type: str
    born: int
    partitioned: bool = False


@dataclass
class World:
    """The contract and the rows as plain values: each row's values by the columns' ids."""

    shop: Shop
    columns: list[Declared] = field(default_factory=list)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    split_by: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def deploy(self, version: int) -> None:
        before = files(self.shop)
        self.shop.evolve(plan(self.columns, version))
        assert files(self.shop) == before, "no file is written or goes"

    def free(self) -> list[str]:
        """Names for a column: neither taken, nor kept for what files are split by."""
        taken = {column.name for column in self.columns} | self.split_by.keys()
        return [name for name in NAMES if name not in taken]

    def apply(self, step: str, draw: Any) -> None:
        plain = [c for c in self.columns if c.id not in self.split_by.values()]
        match step:
            case "add" if self.free():
                column = Declared(
                    f"c{next(self.numbers)}",
                    draw(st.sampled_from(self.free())),
                    draw(st.sampled_from(["string", "int"])),
                    len(self.sent),
                )
                self.columns.insert(draw(st.integers(0, len(self.columns))), column)
            case "rename" if self.columns and self.free():
                draw(st.sampled_from(self.columns)).name = draw(st.sampled_from(self.free()))
            case "swap" if len(plain) > 1:
                one, other = plain[:2]
                one.name, other.name = other.name, one.name
            case "drop" if plain:
                self.columns.remove(draw(st.sampled_from(plain)))
            case "widen":
                for column in self.columns:
                    column.type = {"int": "bigint"}.get(column.type, column.type)
            case "partition" if self.columns:
                column = draw(st.sampled_from(self.columns))
                column.partitioned = not column.partitioned
                if column.partitioned and column.id not in self.split_by.values():
                    self.split_by[column.name] = column.id

    def merge(self, draw: Any) -> None:
        for key in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
            values = {column.id: draw(VALUES[column.type]) for column in self.columns}
            deleted = draw(st.integers(0, 3)) == 0
            self.sent.append({"c0": key, "c1": len(self.sent) + 1, **values})
            self.rows.pop(key, None)
            if not deleted:
                self.rows[key] = self.sent[-1]
            self.shop.merged(
                {
                    "order_id": key,
                    "day": len(self.sent),
                    "_op": "delete" if deleted else "insert",
                    **{c.name: self.sent[-1][c.id] for c in self.columns},
                }
            )

    def check(self) -> None:
        found = {
            key: {name: value for name, value in row.items() if not name.startswith("_")}
            for key, row in self.shop.rows().items()
        }
        assert found == {
            key: {"order_id": key, "day": row["c1"]}
            | {column.name: row.get(column.id) for column in self.columns}
            for key, row in self.rows.items()
        }
        for row in self.shop.lake.rows(self.shop.plan.bronze_table):
            sent = self.sent[int(row["day"]) - 1]
            for column in self.columns:
                if column.born < sent["c1"]:
                    assert row[column.name] == _text(sent.get(column.id)), column


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["x", "y", None]),
    "int": st.sampled_from([1, -7, None]),
    "bigint": st.sampled_from([1, 2**40, None]),
}
STEPS = st.sampled_from(
    ["merge", "merge", "merge", "add", "rename", "swap", "drop", "widen", "partition"]
)


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.generate,),  # shrinking a failure would take minutes: each try is a whole lake
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_rows_of_every_contract_since_are_read_as_todays(aws: None, data: Any) -> None:
    columns = [Declared("c2", "city", "string", 0), Declared("c3", "amount", "int", 0)]
    with shops(plan(columns, 1)) as shop:
        world = World(shop, columns, numbers=itertools.count(4))
        for version, step in enumerate(data.draw(st.lists(STEPS, min_size=4, max_size=10)), 2):
            if step == "merge":
                world.merge(data.draw)
            else:
                world.apply(step, data.draw)
                world.deploy(version)
            world.check()


def test_a_merge_rewrites_files_of_an_old_layout_by_the_new_one(aws: None) -> None:
    city = Declared("c2", "city", "string", 0)
    with shops(plan([city], 1)) as shop:
        shop.merged(*({"order_id": key, "day": 1, "city": "Oslo"} for key in (1, 2, 3)))
        city.partitioned = True
        shop.evolve(plan([city], 2))
        shop.merged({"order_id": 4, "day": 2, "city": "Turin"})
        assert layouts(shop) == {0: 1, 1: 1}
        counted = shop.merged(
            {"order_id": 1, "day": 3, "city": "Turin"},
            {"order_id": 2, "day": 3, "_op": "delete"},
            {"order_id": 4, "day": 3, "city": "Oslo"},
        )
        assert counted == {"updated": 2, "deleted": 1}
        assert {key: row["city"] for key, row in shop.rows().items()} == {
            1: "Turin",
            3: "Oslo",
            4: "Oslo",
        }
        assert layouts(shop) == {1: 2}, "one file a city"


def test_a_merge_whose_commit_meets_another_layout_is_made_again(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = Declared("c2", "city", "string", 0)
    with shops(plan([city], 1)) as shop:
        shop.merged({"order_id": 1, "day": 1, "city": "Oslo"})
        batch = shop.staged({"order_id": 1, "day": 2, "city": "Turin"})
        original = Publication._stage

        def late(self: Publication, *rest: Any) -> None:
            monkeypatch.setattr(Publication, "_stage", original)
            city.partitioned = True
            shop.lake.migrate(plan_of(plan([city], 2), digest="two"))
            raise CommitFailedException("Glue has seen another version of the table")

        monkeypatch.setattr(Publication, "_stage", late)
        with pytest.raises(Overtaken):
            shop.merge(batch)
        assert shop.rows()[1]["city"] == "Oslo"
        assert shop.merge(batch, request="r2") == {"updated": 1}
        assert shop.rows()[1]["city"] == "Turin"
        assert layouts(shop) == {1: 1}


def layouts(shop: Shop) -> Counter[int]:
    """Data files by the partition spec that they are laid out by."""
    table = open_table(shop.plan.silver_table)
    return Counter(task.file.spec_id for task in table.scan().plan_files())


def plan(columns: list[Declared], version: int) -> SilverPlan:
    lines = [
        f"      - {{name: {c.name}, id: {c.id}, {TYPES[c.type]}"
        f"{', partitioned: true' if c.partitioned else ''}}}\n"
        for c in columns
    ]
    return orders(HEAD.format(version=version) + "".join(lines))


def files(shop: Shop) -> set[str]:
    table = open_table(shop.plan.silver_table)
    return {task.file.file_path for task in table.scan().plan_files()}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
