from __future__ import annotations

import pytest

from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.parser import parse
from tests.unit.support.contracts import ORDERS, contract, line_of, problems, spoiled


def test_a_contract_gives_columns_key_ordering_and_source() -> None:
    found = contract()
    assert (found.dataset, found.domain, found.version) == ("orders", "shop", "1.0.0")
    assert [(column.name, column.type) for column in found.columns] == [
        ("order_id", "bigint"),
        ("amount", "decimal(10,4)"),
        ("email", "string"),
        ("state", "string"),
        ("changed_at", "timestamp"),
    ]
    assert found.primary_key == ("order_id",)
    assert found.ordering == "changed_at"
    assert (found.server.kind, found.server.format) == ("s3", "csv")
    assert found.column("email").max_length == 50
    assert found.column("order_id").required


def test_comments_do_not_change_the_digest_but_meaning_does() -> None:
    assert contract("# words\n" + ORDERS).digest == contract().digest
    assert contract(spoiled(("maximum: 100", "maximum: 99"))).digest != contract().digest


ENGINE = (
    "        value: changed_at\n",
    "        value: changed_at\n      - property: engine\n        value: {}\n",
)


def test_a_contract_may_choose_its_engine_which_changes_no_row_and_so_no_digest() -> None:
    chosen = contract(spoiled((ENGINE[0], ENGINE[1].format("spark"))))
    assert (contract().engine, chosen.engine) == ("auto", "spark")
    assert chosen.digest == contract().digest


def test_an_engine_alone_leaves_the_digest_too() -> None:
    properties = "    customProperties:\n      - property: ordering\n        value: changed_at\n"
    engine = "    customProperties:\n      - property: engine\n        value: duckdb\n"
    without, chosen = (contract(spoiled((properties, text))) for text in ("", engine))
    assert (chosen.engine, chosen.digest) == ("duckdb", without.digest)


def test_an_unknown_engine_is_refused_by_name() -> None:
    text = spoiled((ENGINE[0], ENGINE[1].format("duckdbb")))
    (problem,) = problems(text)
    assert problem.line == line_of(text, "value: duckdbb")
    assert problem.remedy == 'Did you mean "duckdb"?'


def test_the_domain_is_the_folder_where_the_contract_names_none() -> None:
    text = spoiled(("domain: shop\n", ""))
    assert contract(text).domain == "shop"


def test_keys_keep_their_positions() -> None:
    text = spoiled(
        ("        primaryKey: true\n", "        primaryKey: true\n        primaryKeyPosition: 2\n"),
        (
            "      - name: state\n        logicalType: string\n",
            "      - name: state\n        logicalType: string\n        required: true\n"
            "        primaryKey: true\n        primaryKeyPosition: 1\n",
        ),
    )
    assert contract(text).primary_key == ("state", "order_id")


def test_what_is_held_beside_earlier_runs_is_the_contracts_to_say() -> None:
    named = "      - property: ordering\n        value: changed_at\n"
    more = "      - property: anomalies\n        value: {}\n"
    assert contract().anomalies == "on"
    assert contract(spoiled((named, named + more.format("volume")))).anomalies == "volume"
    (problem,) = problems(spoiled((named, named + more.format("of"))))
    assert (problem.found, problem.remedy) == ('"of"', 'Did you mean "off"?')


def test_a_dataset_may_do_without_key_and_ordering() -> None:
    text = spoiled(
        ("        primaryKey: true\n", ""),
        ("    customProperties:\n      - property: ordering\n        value: changed_at\n", ""),
    )
    assert (contract(text).primary_key, contract(text).ordering) == ((), "")


BAD = [
    ("kind: DataContract", "kind: Thing", "kind", '"DataContract"'),
    ("apiVersion: v3.2.0", "apiVersion: v2.2.0", "apiVersion", "v3.1.0"),
    ("version: 1.0.0\nstatus", "version: 1\nstatus", "version", "three numbers"),
    ("version: 1.0.0\nstatus", "version: draft\nstatus", "version", "1.0.0"),
    ("status: active\n", "", "status", "a status"),
    ("id: 5a0c0f2e-0000-4000-8000-000000000001\n", "", "id", "an id"),
    ("domain: shop", "domain: Shop Floor", "domain", "lower-case"),
    ("  - name: orders", "  - name: Orders", "schema.Orders.name", "lower-case"),
    ("  - name: orders", "  - name: 9lives", "schema.9lives.name", "lower-case"),
    ("name: email", "name: _email", "schema.orders._email.name", "underscore"),
    ("name: email", "name: E-Mail", "schema.orders.E-Mail.name", "lower-case"),
    ("name: state", "name: email", "schema.orders.email.name", "each column once"),
    ("logicalType: timestamp", "logicalType: tmestamp", "logicalType", "logical types"),
    ("logicalType: timestamp", "logicalType: map", "logicalType", "supported"),
    ("logicalType: timestamp", "logicaltype: timestamp", "logicaltype", "a key of ODCS"),
    ("DECIMAL(10,4)", "DECIMAL", "amount.physicalType", "DECIMAL(precision, scale)"),
    ("DECIMAL(10,4)", "DECIMAL(39,4)", "amount.physicalType", "precision <= 38"),
    ("DECIMAL(10,4)", "DECIMAL(4,5)", "amount.physicalType", "scale <= precision"),
    ("DECIMAL(10,4)", "VARCHAR(4)", "amount.physicalType", "DECIMAL(precision, scale)"),
    ("BIGINT", "VARCHAR", "order_id.physicalType", "INT or BIGINT"),
    ("minimum: 0", "minimum: 200", "amount.logicalTypeOptions.minimum", "at most maximum"),
    ("minimum: 0", "minimum: low", "amount.logicalTypeOptions.minimum", "decimal(10,4)"),
    ("minimum: 0", "minium: 0", "amount.logicalTypeOptions.minium", "an option of"),
    ("minimum: 0", "multipleOf: 5", "amount.logicalTypeOptions.multipleOf", "supported"),
    ("minLength: 3", "minLength: 60", "email.logicalTypeOptions.minLength", "at most maxLength"),
    ("minLength: 3", "minLength: -3", "email.logicalTypeOptions.minLength", "0 or more"),
    ('pattern: "@"', 'pattern: "(?=@)"', "email.logicalTypeOptions.pattern", "Java and RE2"),
    ('pattern: "@"', 'pattern: "[a"', "email.logicalTypeOptions.pattern", "Java and RE2"),
    ("- value: closed", "- value: open", "value", "each value once"),
    ("- value: closed", "- value: 1", "value", "type string"),
    ("classification: pii", "classification: pi", "email.classification", "a classification"),
    ("value: changed_at", "value: changed", "customProperties.ordering.value", "a column of"),
    ("value: changed_at", "value: state", "customProperties.ordering.value", "a timestamp"),
    ("value: changed_at", "value: amount", "customProperties.ordering.value", "required: true"),
    ("property: ordering", "property: order", "customProperties.order.property", "understood"),
    ("type: s3", "type: ftp", "servers.landing.type", "a type of server"),
    ("type: s3", "type: azure", "servers.landing.type", "a type of server"),
    ("format: csv", "format: xml", "servers.landing.format", "a format"),
    ("        required: true\n        primaryKey: true\n", "        primaryKey: true\n",
     "order_id.primaryKey", "required: true"),
    ("primaryKey: true", "primaryKey: true\n        primaryKeyPosition: one",
     "order_id.primaryKeyPosition", "a whole number"),
    ("required: true\n        primaryKey", "required: perhaps\n        primaryKey",
     "order_id.required", "true or false"),
    ("classification: pii", "unique: true", "email.unique", "supported"),
    ("classification: pii", 'physicalName: ""', "email.physicalName", "name in the source"),
    ("classification: pii", "physicalName: _op", "email.physicalName", "became of a record"),
    ("classification: pii", "physicalName: amount", "email.physicalName", "field of its own"),
    ("classification: pii", "physicalName: state", "email.physicalName", "field of its own"),
    ("name: changed_at\n", "name: changed_at\n        partitioned: true\n",
     "changed_at.partitioned", "supported"),
    ("classification: pii", "partitionKeyPosition: 1", "partitionKeyPosition", "partitioned: true"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "field", "expected"), BAD)
def test_a_fault_is_named_with_its_line_field_and_expectation(
    old: str, new: str, field: str, expected: str
) -> None:
    text = spoiled((old, new))
    listed = problems(text)
    matching = [p for p in listed if p.field.endswith(field) and expected in str(p)]
    assert matching, [str(problem) for problem in listed]
    if new and text.count(new) == 1:
        # One of the replaced lines is at fault; where something is missing, the line that holds it.
        first = line_of(text, new)
        assert first - 1 <= (matching[0].line or 0) <= first + new.count("\n") + 1


def test_every_fault_of_a_contract_is_told_at_once_in_the_order_of_the_file() -> None:
    text = spoiled(
        ("kind: DataContract", "kind: Thing"),
        ("logicalType: timestamp", "logicalType: tmestamp"),
        ("format: csv", "format: xml"),
        ("name: email", "name: _email"),
    )
    listed = problems(text)
    assert {p.field for p in listed} >= {
        "kind",
        "servers.landing.format",
        "schema.orders._email.name",
        "schema.orders.changed_at.logicalType",
    }
    assert [p.line or 0 for p in listed] == sorted(p.line or 0 for p in listed)


def test_the_nearest_word_is_proposed() -> None:
    listed = problems(spoiled(("logicalType: timestamp", "logicalType: tmestamp")))
    told = [p.remedy for p in listed if p.field.endswith("changed_at.logicalType")]
    assert told == ['Did you mean "timestamp"?']


def test_a_second_schema_object_or_server_is_refused_by_name() -> None:
    twice = ORDERS + "  - name: more\n    properties: []\n"
    assert any("a second schema object" in p.found for p in problems(twice))
    servers = spoiled(("    format: csv\n", "    format: csv\n  - server: b\n    type: s3\n"))
    assert any("a second server" in p.found for p in problems(servers))


@pytest.mark.parametrize(
    ("old", "field"),
    [
        (ORDERS[ORDERS.index("schema:") :], "schema"),
        (ORDERS[ORDERS.index("servers:") : ORDERS.index("schema:")], "servers"),
        (ORDERS[ORDERS.index("    properties:") :], "schema.orders.properties"),
    ],
)
def test_a_missing_part_is_asked_for(old: str, field: str) -> None:
    assert field in {p.field for p in problems(spoiled((old, "")))}


@pytest.mark.parametrize("value", ["[]", "{}", "3", "null", "words"])
@pytest.mark.parametrize(
    "key", ["schema", "servers", "roles", "slaProperties", "kind", "description", "team"]
)
def test_no_shape_of_a_value_breaks_the_parser(key: str, value: str) -> None:
    text = "\n".join(line for line in ORDERS.splitlines() if not line.startswith(f"{key}:"))
    if key in ("schema", "servers"):
        head, _, tail = ORDERS.partition(f"{key}:\n")
        rest = tail[tail.index("schema:") :] if key == "servers" else ""
        text = head + rest
    found, listed = parse(parse_yaml(f"{text}\n{key}: {value}\n", "f.odcs.yaml"))
    assert (found is None) == bool(listed)


def test_a_key_of_the_contract_that_stands_within_its_schema_is_sent_to_its_place() -> None:
    within = "    slaProperties: [{property: freshness, value: 1, unit: d}]\n    properties:"
    (problem,) = problems(spoiled(("    properties:", within)))
    assert problem.field.endswith("slaProperties")
    assert "at the left margin" in problem.remedy
