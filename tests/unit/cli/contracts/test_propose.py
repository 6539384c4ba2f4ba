"""Drift as a patch of the contract: nothing else of the file changes, and it is still valid."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.contracts import propose
from cli.contracts.patch import Patch, proposed
from cli.screen import Exit
from dataplatform.drift.model import Drift, Kind
from dataplatform.drift.nested import known_fields
from dataplatform.ledger import Ledger
from dataplatform.ledger.drift import DriftNote
from tests.unit.cli.conftest import FakeTarget
from tests.unit.support.contracts import ORDERS, contract, line_of, project

Weir = Callable[..., tuple[int, str, str]]
FILE = "contracts/shop/orders.odcs.yaml"
TEXT = ORDERS.replace(
    "      - name: state\n", "      # Ours, not the shop's.\n      - name: state\n"
).replace(
    "      - name: order_id\n        logicalType: integer\n        physicalType: BIGINT\n",
    "      - name: order_id   # the shop's own\n        logicalType: integer\n",
)


def note(kind: Kind, column: str, found: str = "", expected: str = "") -> DriftNote:
    return DriftNote(
        dataset="orders", kind=kind, column=column, found=found, expected=expected,
        breaking=kind != Kind.NEW, remedy="Ask the source.", form="", seen_in="orders/a.csv",
        first_seen="t", last_seen="t", objects=1, state="open", told=True,
    )  # fmt: skip


def patch(*notes: DriftNote, text: str = TEXT) -> Patch:
    found = proposed(FILE, text, notes)
    contract(found.after)
    return found


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("string", ["logicalType: string"]),
        ("int", ["logicalType: integer"]),
        ("bigint", ["logicalType: integer", "physicalType: BIGINT"]),
        ("decimal(18,4)", ["logicalType: number", "physicalType: DECIMAL(18,4)"]),
        ("double", ["logicalType: number", "physicalType: DOUBLE"]),
        ("timestamp", ["logicalType: timestamp"]),
    ],
)
def test_a_new_column_comes_last_and_raises_the_minor_version(kind: str, lines: list[str]) -> None:
    found = patch(note(Kind.NEW, "colour", kind))
    changed = [line for line in found.diff.splitlines()[2:] if line[0] in "+-"]
    assert changed == [
        "-version: 1.0.0",
        "+version: 1.1.0",
        "+      - name: colour",
        *(f"+        {line}" for line in lines),
    ]
    assert contract(found.after).column("colour").type == kind
    assert found.diff.startswith(f"--- a/{FILE}\n+++ b/{FILE}\n")


@pytest.mark.parametrize(
    ("column", "kind", "classification"),
    [("E-Mail", "string", "pii"), ("birth_date", "date", "pii"), ("mobile", "int", "")],
)
def test_a_new_column_is_personal_by_its_name(column: str, kind: str, classification: str) -> None:
    found = contract(patch(note(Kind.NEW, column, kind)).after).columns[-1]
    assert found.classification == classification


def test_a_type_is_widened_where_the_table_can_be() -> None:
    found = patch(note(Kind.RETYPED, "order_id", "bigint", "int"))
    assert contract(found.after).column("order_id").type == "bigint"
    assert found.widened == ["order_id (int to bigint)"]
    assert "# the shop's own" in found.after and "# Ours, not the shop's." in found.after


def test_a_type_that_no_table_takes_is_a_question() -> None:
    found = patch(note(Kind.RETYPED, "changed_at", "string", "timestamp"))
    assert found.diff == ""
    (asked,) = found.asked
    assert "can't become string in place" in asked


def test_a_rename_is_a_comment_for_a_person_to_decide() -> None:
    found = patch(note(Kind.RENAMED, "email", "E-Mail", "string"))
    (comment,) = [line for line in found.diff.splitlines()[2:] if line[0] in "+-"]
    assert comment == (
        '+      # Is "E-Mail" this column, renamed by its source? Then: physicalName: E-Mail'
    )
    assert "- name: email" in found.after.splitlines()[line_of(found.after, "# Is")]
    assert contract(found.after).version == "1.0.0"
    assert len(found.asked) == 1


def test_a_new_column_may_be_called_otherwise_by_its_source() -> None:
    found = patch(note(Kind.NEW, "Net Price", "int"))
    column = contract(found.after).column("net_price")
    assert (column.field, column.type) == ("Net Price", "int")
    (question,) = patch(note(Kind.NEW, "E Mail", "int"), note(Kind.NEW, "Email", "int")).asked
    assert '"email" is a column already' in question


NESTED = (
    TEXT
    + """\
      - name: customer
        logicalType: object
        properties:
          - name: name
            logicalType: string   # as printed
            # logicalTypeOptions: {minLength: 1}

      # Sent since the spring.
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties:
            - {name: sku, logicalType: string}
      - name: box
        logicalType: object
        properties:
          - name: size
            logicalType: object
            properties: [{name: high, logicalType: date}]
"""
)


@pytest.mark.parametrize(
    ("path", "kind", "line", "after"),
    [
        ("customer.age", "int", "          - name: age", "# logicalTypeOptions: {minLength: 1}"),
        ("customer.E-Mail", "string", "          - name: e_mail", "# logicalTypeOptions"),
        ("lines[].Net", "decimal(18,4)", "            - {name: net, physicalName: Net,", "sku"),
        ("box.size.wide", "bigint", "            properties: [{name: high, ", "Type: object"),
    ],
)
def test_a_new_field_comes_last_in_its_object(path: str, kind: str, line: str, after: str) -> None:
    found = patch(note(Kind.WITHIN, path, kind), text=NESTED)
    lines = found.after.splitlines()
    place = next(i for i, each in enumerate(lines) if each not in NESTED.splitlines() and i > 10)
    assert lines[place].startswith(line)
    assert after in lines[place - 1]
    assert path.split(".")[-1] in "".join(lines[place : place + 2])
    removed = [each for each in found.diff.splitlines()[2:] if each.startswith("-")]
    assert removed[0] == "-version: 1.0.0" and len(removed) == (2 if "box" in path else 1)
    said = contract(found.after)
    assert path in known_fields(said.columns)
    assert said.version == "1.1.0" and len(found.added) == 1 and not found.asked
    assert said.column("customer").classification == ("pii" if "Mail" in path else "")


def test_new_fields_follow_each_other_in_their_object() -> None:
    found = patch(
        note(Kind.WITHIN, "customer.age", "int"),
        note(Kind.WITHIN, "customer.since", "date"),
        note(Kind.NEW, "channel", "string"),
        text=NESTED,
    )
    assert [part.name for part in contract(found.after).column("customer").parts] == [
        "name", "age", "since",
    ]  # fmt: skip
    assert "date\n\n      # Sent since the spring.\n      - name: lines\n" in found.after
    assert found.added == ["customer.age (int)", "customer.since (date)", "channel (string)"]


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("customer.geo", "object", "to the properties of customer, with properties of its own"),
        ("lines[].tags", "array", "to the properties of lines[], with items of its own"),
        ("customer.x", "of several kinds", "No column of customer can hold it"),
        ("customer.Name", "string", '"name" is a property already'),
        ("gone.x", "string", "no such object any more"),
    ],
)
def test_a_new_field_that_one_line_can_not_declare_is_a_question(
    path: str, kind: str, said: str
) -> None:
    found = patch(note(Kind.WITHIN, path, kind), text=NESTED)
    assert (found.diff, found.added) == ("", [])
    assert said in found.asked[0]


def test_what_only_a_person_can_do_is_said() -> None:
    found = patch(note(Kind.MISSING, "amount"))
    assert found.diff == ""
    assert found.asked == ["column amount is missing: Ask the source."]


def test_a_list_without_indentation_stays_so() -> None:
    flat = TEXT.replace("\n      ", "\n    ").replace("\n        ", "\n      ")
    text = "\n".join(line for line in flat.splitlines()) + "\n"
    found = proposed(FILE, text, [note(Kind.NEW, "colour", "int")])
    assert found.after.count("\n") == text.count("\n") + 2


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(propose, "ROOT", project(tmp_path, {FILE: TEXT}))
    return tmp_path


def test_a_proposal_is_shown_and_written_when_asked(
    weir: Weir, target: FakeTarget, ledger: Ledger, root: Path
) -> None:
    target.ledger.open_drift = ledger.open_drift  # type: ignore[attr-defined]
    code, out, _ = weir("contracts", "propose")
    assert (code, "No drift is open" in out) == (Exit.DONE, True)
    seen = Drift(
        kind=Kind.NEW, column="colour", found="string", expected="", breaking=False, remedy="r"
    )
    ledger.note_drift("orders", seen, seen_in="orders/a.csv", objects=1)
    code, out, _ = weir("contracts", "propose", "orders")
    assert (code, "+      - name: colour" in out, "--write" in out) == (Exit.DONE, True, True)
    assert (root / FILE).read_text() == TEXT
    code, out, _ = weir("contracts", "propose", "orders", "--write", "--json")
    (shown,) = json.loads(out)["contracts"]
    assert (shown["added"], shown["written"]) == (["colour (string)"], True)
    assert "- name: colour" in (root / FILE).read_text()
    code, out, _ = weir("contracts", "propose", "orders", "--write")
    assert "No drift of orders is open" in out, "the contract says it now"
    assert weir("contracts", "propose", "nothing")[0] == Exit.USAGE
