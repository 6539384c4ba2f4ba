from __future__ import annotations

from dataclasses import asdict

import pytest

from dataplatform.compiler.silver import silver_plan
from dataplatform.errors import InvalidContract
from dataplatform.naming import Names
from dataplatform.parsing.csv_form import CsvForm
from dataplatform.plans.model import SilverPlan
from tests.unit.support.contracts import ORDERS, contract, problems, spoiled

S3 = ORDERS[ORDERS.index("servers:") : ORDERS.index("schema:")]
ORDERING = "    customProperties:\n      - property: ordering\n        value: changed_at\n"


def test_files_come_as_csv_or_json() -> None:
    assert contract(spoiled(("format: csv", "format: json"))).server.format == "json"


CSV = "    format: csv\n"


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ('    delimiter: ","\n    encoding: utf-8\n', {}),
        ('    delimiter: ";"\n', {"delimiter": ";"}),
        ('    delimiter: "\\t"\n    encoding: UTF-16\n', {"delimiter": "\t", "encoding": "utf-16"}),
        ("    encoding: Windows-1252\n", {"encoding": "cp1252"}),
        ("    customProperties: [{property: quoteChar, value: none}]\n", {"quote": ""}),
    ],
)
def test_files_of_csv_may_be_written_otherwise(said: str, options: dict[str, str]) -> None:
    plan = silver_plan(contract(spoiled((CSV, CSV + said))), Names("dev"))
    assert plan.source.options == options
    assert plan.csv == CsvForm(**options, optional=frozenset({"amount", "email", "state"}))
    assert SilverPlan.from_dict(asdict(plan)).csv == plan.csv


def test_an_api_pulls_by_the_ordering_column_and_the_key_where_nothing_else_is_said() -> None:
    server = contract(_api(source="shop_api", path="/orders")).server
    options = dict(server.options)
    assert (server.kind, server.format) == ("api", "json")
    assert options == {
        "source": "shop_api",
        "path": "/orders",
        "records_path": "",
        "updated_param": "updated_since",
        "id_param": "after_id",
        "limit_param": "limit",
        "limit": "1000",
        "has_more_path": "has_more",
        "key_header": "X-API-Key",
        "updated_column": "changed_at",
        "id_column": "order_id",
    }


def test_an_api_says_how_it_pages() -> None:
    text = _api(source="a", path="/o", recordsPath="data.items", limit="50", idColumn="email")
    options = dict(contract(text).server.options)
    assert (options["records_path"], options["limit"], options["id_column"]) == (
        "data.items",
        "50",
        "email",
    )


def test_a_stream_is_json() -> None:
    server = contract(_servers("  - server: s\n    type: kinesis\n")).server
    assert (server.kind, server.format) == ("kinesis", "json")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"path": "/o"}, 'no property "source"'),
        ({"source": "a"}, 'no property "path"'),
        ({"source": "a", "path": "/o", "recordPath": "x"}, '"recordPath"'),
        ({"source": "a", "path": "/o", "limit": "none"}, '"none"'),
        ({"source": "a", "path": "/o", "limit": "0"}, "0"),
        ({"source": "a", "path": "/o", "idColumn": "gone"}, 'id_column "gone"'),
    ],
)
def test_an_api_that_could_not_be_pulled_is_refused(options: dict[str, str], found: str) -> None:
    listed = problems(_api(**options))
    assert any(found in p.found for p in listed), [str(p) for p in listed]


def test_an_api_needs_a_column_to_pull_by() -> None:
    text = spoiled((ORDERING, ""), text=_api(source="a", path="/o"))
    assert any("without a column to pull by" in p.found for p in problems(text))


def test_files_take_no_options_of_an_api() -> None:
    text = _servers(
        "  - server: s\n    type: s3\n    format: csv\n"
        "    customProperties:\n      - property: path\n        value: x\n"
    )
    assert any('"path"' in p.found for p in problems(text))


def _api(**options: str) -> str:
    listed = "".join(f"      - property: {k}\n        value: {v}\n" for k, v in options.items())
    return _servers(
        f"  - server: api\n    type: api\n    location: /\n    customProperties:\n{listed}"
    )


def _servers(text: str) -> str:
    return spoiled((S3, f"servers:\n{text}"))


def test_a_stage_has_a_server_of_its_own_or_the_one_without_environment() -> None:
    text = _servers(
        "  - {server: test, type: s3, location: s3://dev/orders/, format: json, environment: dev}\n"
        "  - {server: live, type: api, location: /o, environment: prod, customProperties: ["
        "{property: source, value: shop}, {property: path, value: /o}]}\n"
        "  - {server: files, type: s3, location: s3://all/orders, format: csv}\n"
    )
    found = contract(text)
    kinds = {
        stage: (source.kind, source.format)
        for stage in ("dev", "prod", "test")
        for source in [silver_plan(found, Names(stage)).source]
    }
    assert kinds == {"dev": ("s3", "json"), "prod": ("api", "json"), "test": ("s3", "csv")}
    assert dict(found.servers[1].options)["id_column"] == "order_id"


def test_the_only_server_is_every_stages() -> None:
    found = contract(_servers("  - {server: a, type: kinesis, environment: production}\n"))
    assert silver_plan(found, Names("dev")).source.kind == "kinesis"


def test_a_stage_without_a_server_is_refused_when_it_is_compiled() -> None:
    found = contract(
        _servers(
            "  - {server: a, type: kinesis, environment: dev}\n"
            "  - {server: b, type: kinesis, environment: prod}\n"
        )
    )
    with pytest.raises(InvalidContract, match="servers of dev, prod"):
        silver_plan(found, Names("test"))


def test_an_environment_has_one_server() -> None:
    (problem,) = problems(
        _servers("  - {server: a, type: kinesis}\n  - {server: b, type: kinesis}\n")
    )
    assert problem.field == "servers.b"
    assert "no environment" in problem.found
