"""Keys, names, personal data and suggestions: what a proposal says beyond types."""

from __future__ import annotations

import pytest

from cli.inference.document import contract_text
from cli.inference.names import column_names
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.parser import parse
from tests.unit.cli.inference.conftest import Proposed

KEYS = [
    ("order_id,n\n1,1\n2,1\n3,1\n", ("order_id",)),
    ("n,id\n1,7\n1,8\n1,9\n", ("id",)),
    ("customer_id,order_id\n1,1\n2,2\n3,3\n", ("order_id",)),
    ("order_id,n\n1,1\n2,1\n2,1\n", ()),
    ("order_id,n\n1,1\n2,1\n,1\n", ()),
    ("order_id,line_no,n\n1,1,5\n1,2,5\n2,1,5\n2,2,5\n", ("order_id", "line_no")),
    ("store_id,day,n\n1,2026-01-01,5\n1,2026-01-02,5\n2,2026-01-01,5\n", ("store_id", "day")),
    (
        "a_id,b_id,c_id\n1,1,1\n1,1,2\n1,2,1\n1,2,2\n2,1,1\n2,1,2\n2,2,1\n2,2,2\n",
        ("a_id", "b_id", "c_id"),
    ),
    ("amount,n\n1.5,1\n2.5,1\n", ()),
    ("n,word\n1,a\n1,b\n1,c\n", ()),
    ("order_id,n\n1,1\n", ()),
]


@pytest.mark.parametrize(("text", "key"), KEYS)
def test_a_key_is_proposed_only_where_the_whole_sample_shows_it(
    proposed: Proposed, text: str, key: tuple[str, ...]
) -> None:
    proposal = proposed("a.csv", text)
    assert proposal.key == key
    assert ("No key: rows append." in contract_text(proposal)) == (not key)
    assert any("rows append" in note for note in proposal.notes) == (not key)


@pytest.mark.parametrize("first", range(0, 80_000, 8_000))
def test_a_key_is_found_though_distinct_values_are_only_estimated(
    proposed: Proposed, first: int
) -> None:
    """DuckDB's estimate is a tenth too low for one of five such columns."""
    text = "note,order_id\n" + "".join(f"x,{number}\n" for number in range(first, first + 200))
    assert proposed("a.csv", text).key == ("order_id",)


def test_ids_that_need_a_timestamp_are_told_and_not_proposed(proposed: Proposed) -> None:
    text = "station_id,measured_at,temperature\n" + "".join(
        f"{station},2026-01-01T{hour:02}:00:00Z,1.5\n" for station in "AB" for hour in range(24)
    )
    proposal = proposed("a.csv", text, "weather")
    assert (proposal.key, proposal.likely_key) == ((), ("station_id", "measured_at"))
    assert "station_id and measured_at do, together." in contract_text(proposal)
    assert any("station_id and measured_at differ" in note for note in proposal.notes)
    again = proposed("b.csv", text + "B,2026-01-01T23:00:00Z,1.5\n", "weather")
    assert again.likely_key == ()


def test_a_duplicate_at_the_very_end_takes_the_key_away(proposed: Proposed) -> None:
    rows = "".join(f"{number},x\n" for number in range(30_000))
    assert proposed("a.csv", "order_id,o\n" + rows).key == ("order_id",)
    assert proposed("b.csv", "order_id,o\n" + rows + "17,x\n").key == ()


def test_the_column_that_tells_of_changes_orders_rows_of_a_key(proposed: Proposed) -> None:
    text = "order_id,created_at,updated_at\n" + "".join(
        f"{n},2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\n" for n in range(3)
    )
    assert proposed("a.csv", text).ordering == "updated_at"
    without = proposed("b.csv", text.replace("updated_at", "sold_at"))
    assert without.ordering == ""
    assert "property: ordering, value: created_at" in contract_text(without)


@pytest.mark.parametrize(
    ("name", "value", "pii"),
    [
        ("Licence Plate", "M-AB 123", True),
        ("plate", "blue", False),
        ("email", "x", True),
        ("contact", "ann@example.com", True),
        ("client", "10.0.0.1", True),
        ("reach", "+49 30 1234567", True),
        ("first_name", "Ann", True),
        ("birth_date", "1970-01-01", True),
        ("store_name", "North", False),
        ("street", "Main 1", True),
        ("store_street", "Main 1", False),
        ("product", "Soap", False),
        ("version", "1.2.3", False),
    ],
)
def test_what_may_be_about_people_is_classified(
    proposed: Proposed, name: str, value: str, pii: bool
) -> None:
    proposal = proposed("a.csv", f"n,{name}\n" + f"1,{value}\n" * 10)
    assert proposal.columns[1].pii == pii
    text = contract_text(proposal)
    assert ("classification: pii" in text) == pii
    assert not (pii and value in text.replace(name, "")), "no value of a person is written down"


def test_few_values_and_ranges_are_offered_as_comments(proposed: Proposed) -> None:
    states = ["open", "closed", 'a "b"'] * 10
    rows = "".join(f'"{s.replace(chr(34), chr(34) * 2)}",{n}\n' for n, s in enumerate(states, 5))
    lines = contract_text(proposed("a.csv", "state,parts\n" + rows)).splitlines()
    text = " ".join(line.strip(" #") for line in lines)
    assert 'arguments: {validValues: ["a \\"b\\"", closed, open]}}]' in text
    assert "logicalTypeOptions: {minimum: 5, maximum: 34}" in text


def test_every_header_has_a_name_of_its_own() -> None:
    fields = ["Order ID", "order_id", "orderId", "2nd", "_hidden", "Größe", "名前", "ok", "A.B-c"]
    assert column_names(fields) == [
        "order_id_2", "order_id", "order_id_3", "c_2nd", "hidden", "groesse", "column_7", "ok",
        "a_b_c",
    ]  # fmt: skip


def test_a_column_without_name_and_the_operation_stay_outside(proposed: Proposed) -> None:
    proposal = proposed("a.csv", ",order_id,_op\n0,1,insert\n1,2,update\n2,2,delete\n")
    assert [column.name for column in proposal.columns] == ["order_id"]
    assert any("without a name" in note for note in proposal.notes)


def test_records_that_cannot_be_read_are_counted_and_told(proposed: Proposed) -> None:
    proposal = proposed("a.csv", "a,b\n1,2\n1,2,3\n3,4\n")
    assert (proposal.records, proposal.rejected) == (2, 1)
    assert any("record 2: 3 fields where the header has 2" in note for note in proposal.notes)


def test_a_column_that_is_called_like_a_word_of_yaml_keeps_its_name(proposed: Proposed) -> None:
    proposal = proposed("a.csv", "False,null,no\n1,2,3\n")
    assert [column.name for column in proposal.columns] == ["false", "null", "no"]
    text = contract_text(proposal)
    assert all(f'- name: "{name}"' in text for name in ("false", "null", "no"))


def test_a_long_offer_is_broken_where_values_end_and_is_contract_once_it_is_uncommented(
    proposed: Proposed,
) -> None:
    kinds = [f'kind {n}, "so": # long' for n in range(15)]
    sent = [kind.replace('"', '""') for kind in kinds] * 10
    rows = "".join(f'{n},"{kind}"\n' for n, kind in enumerate(sent))
    text = contract_text(proposed("a.csv", "n,kind\n" + rows))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    (start,) = (n for n, line in enumerate(lines) if line.startswith("        # quality: "))
    offered = next(n for n in range(start, len(lines)) if lines[n].endswith("]"))
    opened = [line.replace("# ", "", 1) for line in lines[start : offered + 1]]
    contract, problems = parse(
        parse_yaml("\n".join([*lines[:start], *opened, *lines[offered + 1 :]]), "f.odcs.yaml")
    )
    assert contract is not None, problems
    (rule,) = contract.column("kind").rules
    assert sorted(rule.arguments) == sorted(kinds)
