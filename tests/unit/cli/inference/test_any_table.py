"""Whatever a table holds, the contract proposed for it is good, and takes every record of it."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.inference.document import contract_text
from cli.inference.model import Proposal
from cli.inference.propose import propose
from cli.inference.sources import located
from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.loader import load
from dataplatform.naming import BronzeColumn, Names
from dataplatform.parsing.parser import parse
from dataplatform.plans.model import SilverPlan, fill
from tests.unit.cli.inference.conftest import silent
from tests.unit.support.contracts import project

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-5, 5).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.floats().map(str),
)
_TIMES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
)
_ODD = st.sampled_from(
    ["007", "+7", "7.0", "7e2", ".5", "-0", "true", "F", "yes", "1", "0", "0000-01-01", "24:00",
     "2026-02-30", "2026-11-21T24:00:00", "2026-11-21T10:00:00+18:01", "1e400", "١٢", "1_000",
     "9223372036854775808", "a@b.co", "{", "[1]", " 1", "1 ", "NULL", "'", '"', "{bronze}"]
)  # fmt: skip
_CELLS = st.sampled_from([_TEXT, _NUMBERS, _TIMES, _ODD, _ODD | _NUMBERS])
_HEADERS = st.lists(
    _TEXT.filter(lambda name: name and not set(name) & set("\t;|")), min_size=1, max_size=4,
    unique=True,
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header, and rows of text that is alike in each column; "" is a missing value."""
    header = draw(_HEADERS)
    kinds = [draw(_CELLS) | st.just("") if draw(st.booleans()) else draw(_CELLS) for _ in header]
    return header, draw(st.lists(st.tuples(*kinds).map(list), min_size=1, max_size=12))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables(), as_json=st.booleans())
def test_a_proposal_takes_every_record(
    table: tuple[list[str], list[list[str]]], as_json: bool
) -> None:
    header, rows = table
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder) / "room"
        room.mkdir()
        path = Path(folder) / "sample"
        path.write_text(_json(header, rows) if as_json else _csv(header, rows), encoding="utf-8")
        sample = located(str(path), room, silent)
        proposal = propose("shop", "things", sample, room, silent)
        text = contract_text(proposal)
        root = project(Path(folder), {"contracts/shop/things.odcs.yaml": text})
        (contract,) = load(root)
        plan = silver_plan(contract, Names("dev"))
        records, reasons = _judged(plan, path.read_bytes())
    assert reasons == []
    assert len(records) == proposal.records
    _check_key(proposal, records)


def _csv(header: list[str], rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return out.getvalue()


def _json(header: list[str], rows: list[list[str]]) -> str:
    lines = ({k: v or None for k, v in zip(header, row, strict=True)} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _judged(plan: SilverPlan, content: bytes) -> tuple[list[list[Any]], list[Any]]:
    """Records as the platform's parser reads them, and every reason of its cast and checks."""
    blocks = parse([content], format=plan.source.format, columns=plan.fields)
    rows = [row for block in blocks for row in block.each()]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    texts = ", ".join(f'"{column.name}" VARCHAR' for column in plan.columns)
    system = ", ".join(f"{c.value} VARCHAR" for c in BronzeColumn if c != BronzeColumn.ARRIVED_AT)
    connection.execute(f"CREATE TABLE bronze ({texts}, {system}, _arrived_at TIMESTAMPTZ)")
    names = ", ".join(f'"{column.name}"' for column in plan.columns)
    marks = ", ".join("?" for _ in plan.columns)
    for row in rows:
        connection.execute(
            f"INSERT INTO bronze ({names}, _op) VALUES ({marks}, ?)", [*row.values, row.op]
        )
    typed = fill(plan.duckdb.typed, bronze="bronze")
    bad = connection.execute(f"SELECT _reasons FROM ({typed}) WHERE len(_reasons) > 0").fetchall()
    connection.close()
    return [row.values for row in rows], bad


def _check_key(proposal: Proposal, records: list[list[Any]]) -> None:
    place = {column.name: number for number, column in enumerate(proposal.columns)}
    keys = [tuple(record[place[name]] for name in proposal.key) for record in records]
    if proposal.key:
        assert len(set(keys)) == len(keys)
        assert all(value is not None for key in keys for value in key)
