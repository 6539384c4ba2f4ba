"""What contracts say of roles is what IAM lets them do: their tables, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

from tests.infrastructure.assembly import Assembly, deployed, flat, listed

MANAGED_POLICY_LIMIT = 6_144
"""Characters of a managed policy, without white space.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def policies(assembly: Assembly) -> dict[str, list[dict[str, Any]]]:
    """Statements of each managed policy, by its name."""
    return {
        policy.properties["ManagedPolicyName"]: policy.properties["PolicyDocument"]["Statement"]
        for policy in assembly.resources("AWS::IAM::ManagedPolicy")
    }


def resources(statements: list[dict[str, Any]], action: str) -> set[str]:
    """What an action is allowed on, without what differs from account to account."""
    return {
        flat(resource).rpartition("}")[2].rpartition(":")[2]
        for statement in statements
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def test_a_role_reads_the_tables_of_its_contracts_and_no_others(dev: Assembly) -> None:
    care = policies(dev)["weir-dev-role-customer-care"]
    assert resources(care, "s3:GetObject") == {
        "/customers/*",
        "/dim_customer/*",
        "/customer_care/*",
    }
    assert resources(care, "glue:GetTable") == {
        "catalog",
        "database/weir_dev_silver",
        "table/weir_dev_silver/customers",
        "database/weir_dev_gold",
        "table/weir_dev_gold/dim_customer",
    }
    actions = {action for statement in care for action in listed(statement["Action"])}
    assert not {action for action in actions if action.startswith("redshift")}
    assert not {action for action in actions if "Update" in action or "Delete" in action}


def test_who_asks_by_athena_may_see_that_there_is_a_default_database(dev: Assembly) -> None:
    """Athena looks for it before any query: "must be present".

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    """
    asking = [s for s in policies(dev).values() if resources(s, "athena:StartQueryExecution")]
    assert asking
    for statements in asking:
        assert "database/default" in resources(statements, "glue:GetDatabase")
        assert "database/default" not in resources(statements, "glue:GetTable")


def test_who_may_read_every_model_may_ask_the_warehouse(dev: Assembly) -> None:
    analyst = [s for name, found in policies(dev).items() if "analyst" in name for s in found]
    tables = resources(analyst, "glue:GetTable")
    assert {"table/weir_dev_gold/fact_sales", "table/weir_dev_silver/sales"} <= tables
    assert not {name for name in tables if "bronze" in name or "quarantine" in name}
    assert "redshift-serverless:GetCredentials" in {a for s in analyst for a in listed(s["Action"])}


def test_results_of_one_role_are_not_anothers(dev: Assembly) -> None:
    results = {
        group.properties["Name"]: flat(
            group.properties["WorkGroupConfiguration"]["ResultConfiguration"]["OutputLocation"]
        ).rpartition("}")[2]
        for group in dev.resources("AWS::Athena::WorkGroup")
    }
    assert results == {
        "weir-dev-lake": "/",
        "weir-dev-role-analyst": "/analyst/",
        "weir-dev-role-customer-care": "/customer_care/",
    }


def test_results_may_be_listed_where_they_are_written(dev: Assembly) -> None:
    """As Athena's own policy for users allows it, but below the role's folder alone.

    https://docs.aws.amazon.com/athena/latest/ug/managed-policies.html
    """
    for role in ("analyst", "customer_care"):
        found = policies(dev)[f"weir-dev-role-{role.replace('_', '-')}"]
        assert f"/{role}/*" in resources(found, "s3:ListMultipartUploadParts")
        prefixes = {
            prefix
            for statement in found
            if "s3:ListBucket" in listed(statement["Action"])
            for prefix in listed(statement["Condition"]["StringLike"]["s3:prefix"])
        }
        assert f"{role}/*" in prefixes
        assert not {prefix for prefix in prefixes if "/" not in prefix}


def test_a_role_that_writes_may_only_land_files_of_its_dataset(dev: Assembly) -> None:
    marketing = policies(dev)["weir-dev-role-marketing"]
    # "" is the bucket itself, on which no action of objects works.
    assert resources(marketing, "s3:PutObject") - {""} == {"/promotions/*"}
    actions = {action for statement in marketing for action in listed(statement["Action"])}
    assert not {action for action in actions if ":Get" in action or ":List" in action}


def test_policies_stay_within_iams_limit(stage: Assembly) -> None:
    for policy, statements in policies(stage).items():
        length = len(json.dumps(deployed({"Statement": statements})).replace(" ", ""))
        assert length < MANAGED_POLICY_LIMIT * 0.9, f"{policy}: {length}"
