"""What a contract learns later is filled from `_extra` as if it had known it from the beginning."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.adapters.late_columns import filled
from dataplatform.plans.model import SilverPlan
from tests.unit.support.late_columns import AFTER, BEFORE, SOURCES, bronze

NAMES = [column.name for column in AFTER.columns]
FIELDS = ["store_id", "city", "Area m²", "tags", "till"]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES), max_size=5)


def later(table: pa.Table, plan: SilverPlan = AFTER) -> list[dict[str, object]]:
    return [row for batch in table.to_batches() for row in filled(batch, plan).to_pylist()]


@pytest.mark.parametrize("format", SOURCES)
def test_a_column_that_came_late_has_what_it_would_have_had(format: str) -> None:
    body = SOURCES[format]
    found = later(bronze(BEFORE, format, body, NAMES))
    assert found == bronze(AFTER, format, body).to_pylist()
    assert [row["area"] for row in found][:2] == {
        "json": ["1.10", "0.123456789012345678901"],
        "csv": ["1.10", None],
    }[format]


@given(records=RECORDS, known=st.sets(st.sampled_from(NAMES)))
def test_whatever_was_known_when_bronze_ends_alike(
    records: list[dict[str, object]], known: set[str]
) -> None:
    body = "\n".join(map(json.dumps, records)).encode()
    columns = tuple(column for column in AFTER.columns if column.name in known)
    before = bronze(replace(AFTER, columns=columns), "json", body, NAMES)
    assert later(before) == bronze(AFTER, "json", body).to_pylist()


def test_a_value_that_bronze_has_is_not_overwritten() -> None:
    """The source called the column otherwise then: what it calls so now may be something else."""
    sent = b'{"store_id":1,"city":"A","town":"B"}\n{"store_id":2,"town":"B"}'
    old = bronze(BEFORE, "json", sent)
    town = replace(BEFORE.columns[1], field="town")
    found = later(old, replace(BEFORE, columns=(BEFORE.columns[0], town)))
    assert [(row["city"], row["_extra"]) for row in found] == [("A", '{"town":"B"}'), ("B", None)]
