"""The type of a column, from all of its values."""

from __future__ import annotations

import pytest

from tests.unit.cli.inference.conftest import Proposed

TYPES = [
    ("count", ["1", "2", "300"], "int"),
    ("count", ["1", "4000000000"], "bigint"),
    ("order_id", ["1", "2"], "bigint"),
    ("count", ["-1", "0", "5"], "int"),
    ("count", ["1", "12345678901234567890"], "string"),
    ("ean_like", ["1", "007"], "string"),
    ("dialled", ["+49301234567", "030"], "string"),
    ("zip", ["10115", "98765"], "string"),
    ("amount", ["1.5", "2"], "decimal(18,2)"),
    ("amount", ["10", "20"], "decimal(18,2)"),
    ("amount", ["1.5075", "2"], "decimal(18,4)"),
    ("amount", ["123456789012345678.25", "2"], "decimal(38,2)"),
    ("amount", ["1" * 37 + ".25", "2"], "string"),
    ("weight", ["1.123456789", "2.5"], "double"),
    ("weight", ["1e-5", "2.5"], "double"),
    ("weight", ["NaN", "2.5"], "string"),
    ("size", ["1.0", "2.0"], "decimal(18,2)"),
    ("active", ["true", "False"], "boolean"),
    ("active", ["y", "n", "Y"], "boolean"),
    ("active", ["0", "1"], "int"),
    ("grade", ["t", "t"], "string"),
    ("day", ["2026-11-21", "2024-02-29"], "date"),
    ("day", ["2026-11-21", "2023-02-29"], "string"),
    ("day", ["21/11/2026"], "date"),
    ("day", ["10/11/2026"], "string"),
    ("moment", ["2026-11-21T10:00:00Z", "2026-11-21 10:00:00"], "timestamp"),
    ("moment", ["2026-11-21T00:00:00Z"], "timestamp"),
    ("moment", ["2026-11-21T10:00:00Z", "2026-11-21"], "string"),
    ("moment", ["2026-11-21T10:00:00+02"], "string"),
    ("nothing", ["", ""], "string"),
    ("padded", [" 1", "2"], "string"),
]


@pytest.mark.parametrize(("name", "values", "expected"), TYPES)
def test_a_type_takes_every_value_and_likely_the_next(
    proposed: Proposed, name: str, values: list[str], expected: str
) -> None:
    proposal = proposed("a.csv", f"{name},other\n" + "".join(f"{v},x\n" for v in values))
    column = proposal.columns[0]
    assert (column.name, column.type) == (name, expected)
    assert column.required == all(values)


def test_what_json_sends_as_text_stays_text(proposed: Proposed) -> None:
    lines = '{"id": "17", "n": 17, "at": "2026-11-21T10:00:00Z", "tags": ["a"], "ok": true}\n'
    kinds = {c.name: c.type for c in proposed("a.jsonl", lines).columns}
    assert kinds == {
        "id": "string", "n": "int", "at": "timestamp", "tags": "array<string>", "ok": "boolean",
    }  # fmt: skip


def test_a_late_value_counts_as_much_as_the_first(proposed: Proposed) -> None:
    rows = "".join(f"{number},x\n" for number in range(30_000))
    assert proposed("a.csv", "n,o\n" + rows).columns[0].type == "int"
    assert proposed("b.csv", "n,o\n" + rows + "none,x\n").columns[0].type == "string"
