"""Live models are compiled at synth: what they read is known, what can't be shown is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidModel
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan, fill
from tests.unit.support.contracts import ORDERS, named, project

ROOT = Path(__file__).parents[4]
DIM = "-- key: state\nSELECT o.state, CAST('x' AS STRING) AS label FROM silver.files AS o\n"
FILES = named("files").replace("000000000001", "000000000002")
STREAM = ORDERS.replace("type: s3\n    location: s3://landing/orders/", "type: kinesis").replace(
    "format: csv", "format: json"
)
GOOD = """-- title: Orders by state
SELECT d.label, COUNT(*) AS n, MAX(o._received_at) AS newest
FROM stream.orders AS o LEFT JOIN gold.dim AS d ON o.state = d.state
GROUP BY d.label
"""


def compiled(root: Path, sql: str) -> PlatformPlan:
    files = {
        "contracts/shop/orders.odcs.yaml": STREAM,
        "contracts/shop/files.odcs.yaml": FILES,
        "models/shop/gold/dim.sql": DIM,
        "models/shop/gold/other.sql": DIM,
        "models/shop/live/states.sql": sql,
    }
    return compile_platform(project(root, files), Names("dev"))


def test_a_live_model_knows_its_stream_and_the_gold_that_it_reads(tmp_path: Path) -> None:
    plan = compiled(tmp_path, GOOD)
    (model,) = plan.live
    assert (model.name, model.title) == ("states", "Orders by state")
    assert (model.stream, model.gold) == ("orders", ("dim",))


def test_names_in_comments_and_literals_are_not_read(tmp_path: Path) -> None:
    sql = "-- title: t\n-- gold.other \nSELECT 'gold.other ' AS a FROM stream.orders AS o"
    (model,) = compiled(tmp_path, sql).live
    assert model.gold == ()


def test_the_plan_travels_with_its_live_models(tmp_path: Path) -> None:
    plan = compiled(tmp_path, GOOD)
    assert PlatformPlan.from_json(plan.to_json()) == plan


def test_sparks_sql_becomes_duckdbs(tmp_path: Path) -> None:
    sql = "-- title: t\nSELECT IF(o.state <=> 'a', 1, 0) AS `is` FROM stream.orders AS o"
    (model,) = compiled(tmp_path, sql).live
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA stream; CREATE TABLE stream.orders (state VARCHAR)")
        connection.execute("INSERT INTO stream.orders VALUES ('a'), (NULL)")
        assert connection.execute(model.sql).fetchall() == [(1,), (0,)]


@pytest.mark.parametrize(
    ("sql", "line", "told"),
    [
        ("SELECT o.state FROM stream.orders AS o", 1, "-- title: ..."),
        ("-- title: t\nSELECT o.stat FROM stream.orders AS o", 2, 'Did you mean "state"?'),
        ("-- title: t\nSELECT o.state\nFROM stream.order AS o", 3, "stream.orders"),
        ("-- title: t\nSELECT o.state\nFROM stream.files AS o", 3, "stream.orders"),
        ("-- title: t\nSELECT o.state\nFROM silver.orders AS o", 3, "a table of stream.*"),
        ("-- title: t\nSELECT d.label FROM gold.dim AS d", None, "one stream"),
        ("-- title: t\nSELECT COUNT(*) FROM stream.orders AS o", None, "AS <name>"),
        ("-- title: t\nSELECT o.state, o.state FROM stream.orders AS o", 2, "each name once"),
        ("-- title: t\n\nSELECT tally(o.state) AS n FROM stream.orders AS o", 3, "tally()"),
        ("-- title: t\nSELECT FROM WHERE", 2, "a Spark SELECT"),
        ("-- title: t\nDELETE FROM stream.orders", None, "one SELECT"),
    ],
)
def test_a_model_that_could_not_be_shown_fails_synthesis_by_name_and_line(
    tmp_path: Path, sql: str, line: int | None, told: str
) -> None:
    with pytest.raises(InvalidModel) as caught:
        compiled(tmp_path, sql)
    place = "models/shop/live/states.sql" + (f":{line}" if line else "")
    assert place in str(caught.value)
    assert told in str(caught.value)


def test_duckdb_takes_every_statement_of_this_project() -> None:
    """Bound against tables of the right columns: what runs later must be known to compile now."""
    types = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ"}
    plan = compile_platform(ROOT, Names("dev"))
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA gold; CREATE SCHEMA stream")
        for name in {live.stream for live in plan.live}:
            stream = plan.dataset(name)
            names = [column.name for column in stream.columns]
            system = ("_extra", "_batch_id", "_object", "_version", "_checksum", "_op")
            texts = ", ".join(f"{name} VARCHAR" for name in (*names, *system))
            connection.execute(
                f"CREATE TABLE bronze ({texts}, _position BIGINT, _arrived_at TIMESTAMPTZ)"
            )
            connection.execute(f"CREATE TABLE good AS {fill(stream.duckdb.typed, bronze='bronze')}")
            connection.execute(
                f"CREATE TABLE stream.{name} AS {fill(stream.duckdb.newest, good='good')}"
            )
        for model in plan.models:
            columns = ", ".join(f"{c.name} {types.get(c.type, c.type)}" for c in model.columns)
            connection.execute(f"CREATE TABLE gold.{model.name} ({columns})")
        for live in plan.live:
            assert connection.execute(live.sql).fetchall() == []
