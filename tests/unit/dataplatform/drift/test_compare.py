from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.drift.compare import EVIDENCE, compare
from dataplatform.drift.model import Drift, Kind
from dataplatform.drift.nested import known_fields
from dataplatform.drift.shape import Sample, observe, shape_of_lines
from dataplatform.drift.values import widest
from dataplatform.naming import RECEIVED_AT
from dataplatform.parsing.csv_form import CsvForm
from dataplatform.plans.model import STREAM, Column, SilverPlan
from tests.unit.support.plans import dataset

COLUMNS = (
    Column(name="id", type="int", required=True),
    Column(name="store_name", type="string", required=True),
    Column(name="opened", type="date"),
    Column(name="price", type="decimal(10,2)"),
    Column(name="note", type="string"),
)
PLAN = dataclasses.replace(dataset("stores"), columns=COLUMNS, ordering="")
NAMES = [column.name for column in COLUMNS]
VALUES = ["1", "North", "2020-01-31", "1.50", "n"]


def of_csv(header: list[str], rows: list[list[str]], plan: SilverPlan = PLAN) -> list[Drift]:
    text = "".join(",".join(fields) + "\n" for fields in [header, *rows])
    shape = observe(Sample(text.encode(), whole=True), format="csv")
    assert shape is not None
    return list(compare(shape, plan))


def of_json(records: list[dict[str, object]], plan: SilverPlan = PLAN) -> list[Drift]:
    shape = shape_of_lines(json.dumps(record) for record in records)
    assert shape is not None
    return list(compare(shape, plan))


def brief(found: list[Drift]) -> list[tuple[str, str, str, bool]]:
    return [(drift.kind, drift.column, drift.found, drift.breaking) for drift in found]


def test_what_the_contract_says_is_no_drift() -> None:
    assert of_csv(NAMES, [VALUES]) == []
    assert of_csv(list(reversed(NAMES)), [list(reversed(VALUES))]) == []
    assert of_json([dict(zip(NAMES, VALUES, strict=True))] * 3) == []
    assert of_csv(NAMES, []) == []


def test_a_new_column_is_told_with_its_type_and_without_its_values() -> None:
    (drift,) = of_csv([*NAMES, "phone"], [[*VALUES, "+49-151-2"]])
    assert brief([drift]) == [("new", "phone", "string", False)]
    assert drift.form == "+99-999-9"
    assert "contracts propose stores" in drift.remedy
    (drift,) = of_json([{**dict(zip(NAMES, VALUES, strict=True)), "size": 12}])
    assert brief([drift]) == [("new", "size", "int", False)]


def test_when_an_event_was_received_is_no_drift_of_its_stream() -> None:
    stream = dataclasses.replace(PLAN, source=dataclasses.replace(PLAN.source, kind=STREAM))
    event: dict[str, object] = dict(zip(NAMES, VALUES, strict=True))
    event[RECEIVED_AT] = "2026-11-21T10:00:00Z"
    assert of_json([event], stream) == []
    assert [drift.column for drift in of_json([event])] == [RECEIVED_AT], "a file's own column"


def test_a_column_without_a_name_is_no_drift() -> None:
    assert of_csv([*NAMES, ""], [[*VALUES, "x"]]) == []
    assert of_json([{**dict(zip(NAMES, VALUES, strict=True)), "": "x"}]) == []


def test_a_column_that_a_header_lacks_is_told_and_breaks_where_it_is_needed() -> None:
    (drift,) = of_csv(NAMES[:-1], [VALUES[:-1]])
    assert brief([drift]) == [("missing", "note", "note", False)]
    assert "missing in what comes without it" in drift.remedy
    found = of_csv(NAMES[1:], [VALUES[1:]])
    assert brief(found) == [("missing", "id", "id", True)]
    keyed = dataclasses.replace(PLAN, primary_key=("note",))
    assert brief(of_csv(NAMES[:-1], [VALUES[:-1]], keyed)) == [("missing", "note", "note", True)]


def test_a_field_that_no_record_of_json_has_is_null_unless_it_is_needed() -> None:
    assert of_json([{"id": 1, "store_name": "a"}] * 5) == []
    assert brief(of_json([{"id": 1, "note": "a"}] * 5)) == [
        ("missing", "store_name", "store_name", True)
    ]
    assert of_json([{"id": 1, "note": "a"}]) == [], "one record alone is the quarantine's"
    assert of_json([{"id": 1, "store_name": None}] * 5) == [], "null is a value, and a bad one"


def test_a_renamed_column_is_known_by_its_name() -> None:
    header = ["id", "StoreName", *NAMES[2:]]
    assert brief(of_csv(header, [VALUES])) == [("renamed", "store_name", "StoreName", True)]
    found = of_json([{"id": 1, "storeName": "a"}] * 2)
    assert brief(found) == [("renamed", "store_name", "storeName", True)]


def test_a_renamed_column_is_known_by_its_place_where_its_values_fit() -> None:
    header = ["id", "title", *NAMES[2:]]
    assert brief(of_csv(header, [VALUES])) == [("renamed", "store_name", "title", True)]
    header = [*NAMES[:2], "since", *NAMES[3:]]
    assert brief(of_csv(header, [VALUES])) == [("renamed", "opened", "since", True)]
    spoiled = [*VALUES[:2], "long ago", *VALUES[3:]]
    assert brief(of_csv(header, [spoiled])) == [
        ("missing", "opened", "opened", False),
        ("new", "since", "string", False),
    ]


def test_columns_are_looked_for_by_what_the_source_calls_them() -> None:
    columns = tuple(
        dataclasses.replace(column, field="Store Name") if column.name == "store_name" else column
        for column in COLUMNS
    )
    plan = dataclasses.replace(PLAN, columns=columns)
    assert of_csv(["id", "Store Name", *NAMES[2:]], [VALUES], plan) == []
    found = of_csv(NAMES, [VALUES], plan)
    assert brief(found) == [("renamed", "store_name", "store_name", True)]


def test_an_optional_field_of_json_that_looks_renamed_is_told_and_does_not_wait() -> None:
    found = of_json([{"id": 1, "store_name": "a", "Price": "1.50"}] * 3)
    assert brief(found) == [("renamed", "price", "Price", False)]
    found = of_json([{"id": 1, "store_name": "a", "colour": "red"}] * 3)
    assert brief(found) == [("new", "colour", "string", False)]


def test_a_column_of_another_type_breaks_where_no_value_can_be_cast() -> None:
    rows = [[*VALUES[:2], "31.01.2020", *VALUES[3:]]] * EVIDENCE
    (drift,) = of_csv(NAMES, rows)
    assert brief([drift]) == [("retyped", "opened", "string", True)]
    assert (drift.expected, drift.form) == ("date", "99.99.9999")
    (drift,) = of_csv(NAMES, rows + [VALUES])
    assert not drift.breaking, "one good value: the others are the quarantine's work, and told"
    assert of_csv(NAMES, rows[1:]) == [], "too few to say"
    assert of_csv(NAMES, rows + [VALUES] * (EVIDENCE + 1)) == [], "bad values among good ones"


def test_a_file_without_a_header_is_told_as_that_and_no_value_of_it() -> None:
    (drift,) = of_csv(["Anna", "+49-151", "x", "y", "z"], [VALUES])
    assert (drift.kind, drift.column, drift.breaking) == (Kind.HEADER, "", True)
    assert "Anna" not in repr(drift)
    shouted = of_csv([name.upper() for name in NAMES], [VALUES])
    assert [(d.kind, d.column) for d in shouted] == [("renamed", name) for name in NAMES]


def test_a_header_that_something_else_separates_is_told_as_that() -> None:
    (drift,) = of_csv([";".join(reversed(NAMES))], [["x"]])
    assert drift.text == "wrong header: separated by semicolons, where the contract says commas"
    assert "servers.delimiter: ';'" in drift.remedy
    (drift,) = of_csv(["Anna;+49-151"], [["x"]])
    assert drift.text.startswith("wrong header: 1 field on the first line, none of them")


def of_latin(text: str, written: str, says: str) -> list[Drift]:
    source = dataclasses.replace(PLAN.source, format="csv", options={"encoding": says})
    plan = dataclasses.replace(PLAN, source=source)
    shape = observe(Sample(text.encode(written), whole=True), format="csv", csv=plan.csv)
    assert shape is not None
    return list(compare(shape, plan))


@pytest.mark.parametrize("says", ["cp1252", "iso8859-1", "iso8859-15"])
@pytest.mark.parametrize("place", ["header", "value"])
def test_utf_8_is_told_where_the_contract_says_an_encoding_in_which_it_can_be_read(
    place: str, says: str
) -> None:
    header, name = ("größe", "North") if place == "header" else ("note", "Müller")
    text = f"id,store_name,opened,price,{header}\n1,{name},,,\n2,Nord,,,\n3,Łódź,,,\n"
    (drift,) = of_latin(text, "utf-8", says)
    assert brief([drift]) == [("encoding", "", "UTF-8", True)]
    assert drift.text.startswith("its text is UTF-8, where the contract says ")
    assert "servers.encoding: UTF-8" in drift.remedy
    text = text.replace("Łódź", "Lodz")
    assert not any(d.kind == Kind.ENCODING for d in of_latin(text, says, says))


def test_text_in_the_contract_s_encoding_is_no_drift() -> None:
    text = ",".join(NAMES) + "\n1,Ãœber,,,\n2,Müller,,,\n"
    assert of_latin(text, "cp1252", "cp1252") == [], "one text that isn't UTF-8 tells"
    assert of_latin(",".join(NAMES) + "\n1,North,,,\n", "utf-8", "cp1252") == []
    marked = "\ufeff" + ",".join(NAMES) + "\n1,Müller,,,\n"
    assert of_latin(marked, "utf-8", "cp1252") == [], "its mark says so: it is read as UTF-8"


def test_the_same_drift_is_the_same_whatever_the_values_were() -> None:
    (one,) = of_csv([*NAMES, "x"], [[*VALUES, "1"]])
    (other,) = of_csv([*NAMES, "x"], [[*VALUES, "a"]])
    assert one != other
    assert one.identity == other.identity


names = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=8, unique=True)


@given(contract=names, source=names)
def test_each_column_of_either_side_is_accounted_for_once(
    contract: list[str], source: list[str]
) -> None:
    columns = tuple(Column(name=name, type="string") for name in contract)
    plan = dataclasses.replace(PLAN, columns=columns, primary_key=(), ordering="")
    found = of_csv(source, [["v"] * len(source)], plan)
    if [drift.kind for drift in found] == [Kind.HEADER]:
        assert not set(contract) & set(source)
        return
    told = [
        name for d in found for name in ([d.column, d.found] if d.kind == "renamed" else [d.column])
    ]
    assert sorted(told) == sorted(set(contract) ^ set(source))
    gone = {d.column for d in found if d.kind in (Kind.MISSING, Kind.RENAMED)}
    assert gone == set(contract) - set(source)
    assert all(d.breaking == (d.kind == Kind.RENAMED) for d in found), "each column is optional"


NESTED = dataclasses.replace(
    PLAN,
    columns=(
        Column(name="id", type="int", required=True),
        Column(
            name="lines",
            type="array<struct<sku:string,size:struct<height:int>>>",
            parts=(
                Column(
                    name="",
                    type="struct<sku:string,size:struct<height:int>>",
                    parts=(
                        Column(name="sku", type="string", field="Sku"),
                        Column(
                            name="size",
                            type="struct<height:int>",
                            parts=(Column(name="height", type="int"),),
                        ),
                    ),
                ),
            ),
        ),
    ),
)


def test_a_field_that_is_new_within_a_column_is_told_by_its_path_and_goes_on() -> None:
    line = {"Sku": "a", "size": {"height": 1, "width": 2.5}, "gift": True, "none": None}
    found = of_json([{"id": 1, "lines": [line, 7]}, {"id": 2, "lines": "x"}], NESTED)
    assert [(d.kind, d.column, d.found, d.breaking) for d in found] == [
        ("within", "lines[].size.width", "decimal(18,4)", False),
        ("within", "lines[].gift", "boolean", False),
    ]
    assert found[0].text == 'new field "lines[].size.width" (decimal(18,4))'
    assert not {"lines[].gift"} & set(known_fields(NESTED.columns))
    assert set(known_fields(NESTED.columns)) == {
        "lines[]", "lines[].Sku", "lines[].size", "lines[].size.height"
    }  # fmt: skip


def test_what_a_new_field_holds_is_no_text_where_its_values_are_objects_or_arrays() -> None:
    lines: list[dict[str, object]] = [
        {"geo": {"lat": 1}, "tags": ["a"], "any": 1, "raw": "{}", "": 1},
        {"geo": {"lat": 2}, "tags": [], "any": [1], "raw": "[]", "": 1},
    ]
    found = of_json([{"id": 1, "lines": lines}], NESTED)
    assert [(drift.column, drift.found) for drift in found] == [
        ("lines[].geo", "object"),
        ("lines[].tags", "array"),
        ("lines[].any", "of several kinds"),
        ("lines[].raw", "string"),
    ]
    assert widest("object", "object") == "object"
    assert widest("int", "array") == widest("object", "array") == "of several kinds"


@pytest.mark.parametrize(
    ("value", "said"),
    [({"a": 1}, "objects"), ([1], "arrays"), ("a", "string"), ("{a", "string")],
)
def test_a_column_that_has_become_an_object_or_an_array_is_told_as_one(
    value: object, said: str
) -> None:
    found, *_ = of_json([{"id": value, "name": "a"} for _ in range(EVIDENCE)])
    assert found.text == f"column id is int, its values are {said}"


def test_a_column_that_is_no_array_any_more_is_retyped() -> None:
    found = of_json([{"id": n, "lines": {"Sku": "a"}} for n in range(EVIDENCE)], NESTED)
    assert [(d.kind, d.column, d.breaking) for d in found] == [("retyped", "lines", True)]
    assert found[0].text == "column lines is an array, its values are objects"
    same = of_json([{"id": n, "lines": []} for n in range(EVIDENCE)], NESTED)
    assert same == []


def test_values_are_looked_at_in_the_format_that_the_contract_says() -> None:
    day = Column(name="day", type="date", format="dd.MM.yyyy")
    price = Column(name="price", type="decimal(10,2)", format="1.234,56")
    plan = dataclasses.replace(PLAN, columns=(COLUMNS[0], day, price))
    header = ["id", "day", "price"]

    def of(day: str, price: str) -> list[Drift]:
        text = ";".join(header) + "\n" + f"1;{day};{price}\n" * EVIDENCE
        shape = observe(Sample(text.encode(), whole=True), format="csv", csv=CsvForm(";"))
        assert shape is not None
        return list(compare(shape, plan))

    assert of("31.12.2026", "1.234,5") == []
    (drift,) = of("2026-12-31", "1,5")
    assert brief([drift]) == [("retyped", "day", "string", True)]
    assert (drift.form, "written as dd.MM.yyyy" in drift.remedy) == ("9999-99-99", True)
    assert brief(of("31.12.2026", "1.234,567")) == [("retyped", "price", "decimal(18,4)", True)]
    assert brief(of("31.12.2026", "1234.5")) == [("retyped", "price", "string", True)]
