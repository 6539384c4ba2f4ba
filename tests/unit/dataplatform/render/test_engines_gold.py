"""Models, two engines: this project's own gold, and every kind of SQL that is let through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.types import decimal_parts
from dataplatform.naming import Names
from dataplatform.plans.model import Column, GoldModel, PlatformPlan, fill
from dataplatform.plans.sql_types import qualified
from dataplatform.render.translation.query import QueryTranslator
from dataplatform.render.translation.spark import for_both
from dataplatform.render.typed import Untranslatable
from tests.unit.support.engines import Engines, arrow_type, differences, examples, rows, table
from tests.unit.support.expressions import EXPRESSIONS, GROUPED, QUERIES, WINDOWED

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.slow,
]

ROOT = Path(__file__).parents[4]
THINGS = {
    "id": "bigint", "i": "int", "j": "int", "b": "bigint", "c": "bigint", "d": "decimal(10,2)",
    "e": "decimal(18,4)", "f": "decimal(28,10)", "g": "decimal(5,5)", "x": "double", "y": "double",
    "s": "string", "t": "string", "p": "boolean", "q": "date", "r": "date", "m": "timestamp",
    "k": "int",
}  # fmt: skip
SCHEMA = {"silver": {"things": {n: Column(name=n, type=t) for n, t in THINGS.items()}}}
EXTREMES: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, -1, 2, 7, 2**31 - 1, -(2**31), -5),
    "bigint": (0, 1, -1, 3, 2**63 - 1, -(2**63), 2**53 + 1, -7),
    "double": (0.0, -0.0, 1.5, -2.5, 0.1, 1e-7, 1e22, 1e300, -1e300, 5e-324, 1.005, float("nan"),
               float("inf"), float("-inf"), 2147483648.0, 0.5, 2.675, 1234567.8949),
    "string": ("", " ", "a", " ab ", "\u00a0x", "Straße", "ŉﬁ", "İi", "ΑΣ Σ", "ας", "日本",
               "😀é", "%_", "a\nb", "ſK", "ⱟ", "ABC", "abc", "x'y", "a\\b", "12", "\t"),
    "boolean": (True, False),
    "date": (date(1, 1, 1), date(9999, 12, 31), date(1582, 10, 10), date(2024, 2, 29),
             date(2024, 12, 30), date(2023, 1, 1), date(1969, 12, 31)),
    "timestamp": (datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 1, UTC),
                  datetime(2024, 12, 31, 23, 59, 59, 999_999, UTC),
                  datetime(2024, 1, 1, tzinfo=UTC)),
}  # fmt: skip


@pytest.fixture(scope="module")
def both(both: Engines) -> Engines:
    columns = tuple(SCHEMA["silver"]["things"].values())
    both.put("things", table(columns, [_thing(Random(n), n) for n in range(1_000)]))
    return both


def _thing(random: Random, number: int) -> tuple[Any, ...]:
    values = {name: _value(random, kind) for name, kind in THINGS.items()}
    return tuple({**values, "id": number, "k": random.randrange(-12, 13)}.values())


def _value(random: Random, kind: str, nulls: float = 0.1) -> Any:
    if random.random() < nulls:
        return None
    if kind in EXTREMES and random.random() < 0.4:
        return random.choice(EXTREMES[kind])
    if parts := decimal_parts(kind):
        digits = random.choice((1, 2, parts[0] // 2, parts[0]))
        whole = random.choice((random.randrange(10**digits), 10 ** parts[0] - 1, 5, 0))
        return Decimal(random.choice((whole, -whole))).scaleb(-parts[1])
    made: dict[str, Callable[[], Any]] = {
        "int": lambda: random.randrange(-10, 10),
        "bigint": lambda: random.randrange(-(10**12), 10**12),
        "double": lambda: round(random.uniform(-1000, 1000), random.randrange(6)),
        "string": lambda: "".join(random.choices("abXY 1é", k=random.randrange(5))),
        "boolean": lambda: random.random() < 0.5,
        "date": lambda: date(2024, 1, 1) + timedelta(days=random.randrange(800)),
        "timestamp": lambda: (
            datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=random.randrange(10**14))
        ),
    }
    return made[kind]()


def _listed(text: str) -> list[str]:
    select = _parsed(f"SELECT {', '.join(text.strip().splitlines())}")
    return [item.sql("spark") for item in select.selects]


def _check(both: Engines, query: str) -> None:
    """Same types and same rows."""
    parsed = _parsed(query)
    found = QueryTranslator(SCHEMA, lambda t: f'"{t.name}"').translate(qualified(parsed, SCHEMA))
    names = list(found.columns)
    spark_sql = for_both(parsed).sql("spark")
    ours = both.in_spark(spark_sql.replace("silver.things", "things"))
    theirs = both.in_duckdb(found.sql)
    kinds = {name: arrow_type(kind) for name, kind in found.columns.items()}
    assert {name: theirs[name].type for name in names} == kinds, found.sql
    in_spark = both.spark.sql(spark_sql.replace("silver.things", "things")).schema
    assert {f.name: f.dataType.simpleString() for f in in_spark.fields} == found.columns
    left, right = (sorted(rows(item, names), key=repr) for item in (ours, theirs))
    assert not differences(left, right, names)


def _parsed(query: str) -> exp.Query:
    found = parse_one(query, dialect="spark")
    assert isinstance(found, exp.Query)
    return found


def _numbered(expressions: list[str]) -> str:
    return ", ".join(f"{sql} AS v{n}" for n, sql in enumerate(expressions))


def test_expressions_of_every_kind(both: Engines) -> None:
    _check(both, f"SELECT id, {_numbered(_listed(EXPRESSIONS))} FROM silver.things")


def test_aggregates(both: Engines) -> None:
    chosen = _numbered(_listed(GROUPED))
    _check(both, f"SELECT k, {chosen} FROM silver.things GROUP BY k")
    _check(both, f"SELECT 1 AS one, {chosen} FROM silver.things WHERE id < 0")


def test_windows(both: Engines) -> None:
    _check(both, f"SELECT id, {_numbered(_listed(WINDOWED))} FROM silver.things")


@pytest.mark.parametrize("query", QUERIES.strip().split("\n\n"))
def test_queries(both: Engines, query: str) -> None:
    _check(both, query)


NUMBERS = ("i", "j", "b", "c", "d", "e", "g", "x", "y", "k", "1", "3", "0", "2.50", "100", "0.1")
numbers = st.recursive(
    st.sampled_from(NUMBERS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda p: f"({' '.join(p)})"),
        st.tuples(st.sampled_from(("i > 0", "p", "d IS NULL")), inner, inner).map(
            lambda p: f"IF({', '.join(p)})"
        ),
        st.tuples(inner, inner).map(lambda p: f"COALESCE({', '.join(p)})"),
        inner.map(lambda p: f"CAST({p} AS DECIMAL(14, 3))"),
        inner.map(lambda p: f"CAST({p} AS BIGINT)"),
        inner.map(lambda p: f"ROUND({p}, 1)"),
        inner.map(lambda p: f"ABS(-{p})"),
    ),
    max_leaves=5,
)


def test_generated_arithmetic(both: Engines) -> None:
    taken: set[str] = set()

    @examples(250)
    @given(sql=numbers)
    def gather(sql: str) -> None:
        try:
            query = qualified(_parsed(f"SELECT {sql} AS v FROM silver.things"), SCHEMA)
            QueryTranslator(SCHEMA, lambda t: t.name).translate(query)
        except Untranslatable:
            return  # refused at synth: that is an answer, too
        taken.add(sql)

    gather()
    assert len(taken) > 80
    _check(both, f"SELECT id, {_numbered(sorted(taken))} FROM silver.things")


def test_this_projects_own_models(both: Engines) -> None:
    plan = compile_platform(ROOT, Names("dev"))
    for dataset in plan.datasets:
        both.put(f"silver_{dataset.dataset}", table(dataset.columns, _few(dataset.columns)))
    for model in plan.models:
        names = [column.name for column in model.columns]
        whole = _built(both, plan, model, model.full_sql, model.duckdb.full_sql)
        both.put(f"gold_{model.name}", whole)
        _built(both, plan, model, model.sql, model.duckdb.sql)
        assert whole.num_rows, names


def _built(
    both: Engines, plan: PlatformPlan, model: GoldModel, spark_sql: str, duckdb_sql: str
) -> Any:
    names = [column.name for column in model.columns]
    tables = {f"silver.{d.dataset}": f"silver_{d.dataset}" for d in plan.datasets}
    tables |= {f"gold.{m.name}": f"gold_{m.name}" for m in plan.models}
    of_gold = model.incremental.startswith("gold.")
    changed = model.incremental if of_gold else f"silver.{model.incremental}"
    for place, view in tables.items():
        zone, name = place.split(".")
        spark_sql = spark_sql.replace(f"glue_catalog.weir_dev_{zone}.{name} ", f"{view} ")
        duckdb_sql = fill(duckdb_sql, **{place: view})
    view = tables.get(changed, "")
    ours = both.in_spark(fill(spark_sql, changed=view))
    theirs = both.in_duckdb(fill(duckdb_sql, changed=view))
    assert [field.type for field in theirs.schema] == [arrow_type(c.type) for c in model.columns]
    left, right = (sorted(rows(found, names), key=repr) for found in (ours, theirs))
    assert not differences(left, right, names), model.name
    return theirs


def _few(columns: tuple[Column, ...]) -> list[tuple[Any, ...]]:
    """Rows whose numbers are small, so that joins find their sides; the first column is a key."""
    random = Random(len(columns))
    found = []
    for number in range(200):
        values = []
        for index, column in enumerate(columns):
            small = column.type in ("int", "bigint")
            value = random.randrange(30) if small else _value(random, column.type)
            values.append(number % 40 if small and index == 0 else value)
        found.append(tuple(values))
    return found
