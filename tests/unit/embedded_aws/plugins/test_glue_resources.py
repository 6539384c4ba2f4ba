from __future__ import annotations

import json

import pytest

from embedded_aws.plugins.glue_resources import glue_resource


@pytest.mark.parametrize(
    ("call", "asked", "resource"),
    [
        ("GetDatabase", {"Name": "silver"}, "database/silver"),
        ("CreateDatabase", {"DatabaseInput": {"Name": "silver"}}, "database/silver"),
        ("GetTable", {"DatabaseName": "silver", "Name": "sales"}, "table/silver/sales"),
        ("GetTables", {"DatabaseName": "silver"}, "table/silver/*"),
        (
            "UpdateTable",
            {"DatabaseName": "silver", "TableInput": {"Name": "sales"}},
            "table/silver/sales",
        ),
        ("GetJobRun", {"JobName": "silver", "RunId": "jr_1"}, ""),
    ],
)
def test_a_call_names_the_resource_that_a_policy_would(
    call: str, asked: dict[str, object], resource: str
) -> None:
    assert glue_resource(call, json.dumps(asked)) == resource
