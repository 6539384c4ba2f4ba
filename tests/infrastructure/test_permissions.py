"""Who may do what: roles of their own, and no wildcard without its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly, deployed, flat, listed

INLINE_POLICIES_LIMIT = 10_240
"""Characters of all inline policies of a role, without white space.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

WITHOUT_RESOURCES = {
    # Why IAM takes nothing but `*`. https://docs.aws.amazon.com/service-authorization/
    "metrics have no ARN": {"cloudwatch:PutMetricData"},
    "log deliveries have no ARN": {
        *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
        "logs:ListLogDeliveries",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
    },
    "statements have no ARN": {
        *(f"redshift-data:{verb}Statement" for verb in ("Cancel", "Describe")),
        "redshift-data:GetStatementResult",
    },
    "usage limits have no ARN in IAM": {
        *(f"redshift-serverless:{verb}UsageLimit" for verb in ("Create", "Update")),
        "redshift-serverless:ListUsageLimits",
    },
    "traces have no ARN": {
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    },
}


def _allowed(assembly: Assembly) -> list[tuple[str, dict[str, Any]]]:
    return [
        (str(policy), statement)
        for policy in assembly.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]


def test_no_policy_allows_every_action_of_a_service(stage: Assembly) -> None:
    for policy, statement in _allowed(stage):
        for action in listed(statement["Action"]):
            assert not action.endswith(":*"), f"{policy}: {action}"
            assert action != "*", policy


def test_all_resources_are_allowed_only_where_iam_takes_nothing_else(stage: Assembly) -> None:
    """Each action: the CDK puts statements of the same resource together."""
    without = set().union(*WITHOUT_RESOURCES.values())
    for policy, statement in _allowed(stage):
        if "*" in listed(statement["Resource"]):
            actions = set(listed(statement["Action"]))
            assert actions <= without, f"{policy}: {actions - without}"


def test_each_wildcard_is_acknowledged_with_its_reason(stage: Assembly) -> None:
    acknowledged = {
        (construct["constructPath"], finding["ruleName"])
        for finding in stage.nag["suppressedViolations"]
        for construct in finding["violatingConstructs"]
        if "IAM5" in finding["ruleName"] and finding["reason"]
    }
    assert acknowledged
    assert stage.nag["conclusion"] == "success"


def test_nobody_may_drop_a_table(stage: Assembly) -> None:
    actions = {action for _, s in _allowed(stage) for action in listed(s["Action"])}
    assert not {"glue:DeleteTable", "glue:DeleteDatabase"} & actions


def test_only_the_migration_creates_tables(stage: Assembly) -> None:
    creators = {p for p, s in _allowed(stage) if "glue:CreateTable" in listed(s["Action"])}
    assert len(creators) == 1
    assert "MigrateSchemas" in creators.pop()


def test_a_secret_is_read_by_who_needs_it_alone(stage: Assembly) -> None:
    """The warehouse's administrator is the migration; who asks an API has that API's key."""
    readers: dict[str, set[str]] = {"administrator": set(), "api": set()}
    for policy, statement in _allowed(stage):
        if "secretsmanager:GetSecretValue" in listed(statement["Action"]):
            for secret in map(flat, listed(statement["Resource"])):
                kind = "administrator" if "AdminSecretArn" in secret else "api"
                readers[kind].add(policy.partition("/")[2].partition("Role")[0])
                assert kind == "administrator" or secret.startswith("<Api"), secret
    assert readers == {
        "administrator": {"MigrateSchemas"},
        "api": {"IngestApi", "ProbeSources"},
    }


def test_pulling_an_api_can_only_add_to_landing(stage: Assembly) -> None:
    actions = {
        action
        for statement in stage.policies_of("IngestApiRole")
        for action in listed(statement["Action"])
        if action.startswith("s3:")
        if not any("cdk-" in flat(resource) for resource in listed(statement["Resource"]))
    }
    assert "s3:PutObject" in actions
    assert not {action for action in actions if "Delete" in action or "Get" in action}


@pytest.mark.parametrize(("function", "job"), [("MergeSilver", "Silver"), ("BuildGold", "Gold")])
def test_a_function_may_touch_the_tables_that_its_job_may(
    stage: Assembly, function: str, job: str
) -> None:
    def of_tables(role: str) -> set[tuple[str, str]]:
        return {
            (action, flat(resource))
            for policy in stage.resources("AWS::IAM::Policy", stack="processing")
            if any(
                flat(reference).startswith(f"<{role}") for reference in policy.properties["Roles"]
            )
            for statement in policy.properties["PolicyDocument"]["Statement"]
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
            if action.startswith(("s3:", "glue:"))
            if "cdk-" not in flat(resource)
            if ":job/" not in flat(resource)
        }

    allowed = of_tables(f"{function}Role")
    assert "glue:UpdateTable" in {action for action, _ in allowed}
    assert allowed == of_tables(f"{job}Role")


def test_who_stages_by_spark_writes_only_what_the_function_writes(stage: Assembly) -> None:
    def committed(role: str) -> set[str]:
        return {
            flat(resource).rpartition(":")[2]
            for statement in stage.policies_of(role)
            if "glue:UpdateTable" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }

    databases = {name for name in committed("StageRole") if name.startswith("table/")}
    assert {name.split("_")[-1] for name in databases} == {"bronze/*", "quarantine/*"}
    assert committed("StageRole") == committed("StageBatchRole")


def test_nobody_of_ours_deletes_a_version_or_holds_an_object(stage: Assembly) -> None:
    """Superseded versions are what undoes a mistake; Firehose has the CDK's own grant."""
    given = {
        (policy, action)
        for policy, statement in _allowed(stage)
        if not policy.startswith("streaming/")
        for action in listed(statement["Action"])
        if action.startswith(("s3:Put", "s3:Delete", "s3:Abort"))
    }
    assert {action for _, action in given} == {
        *("s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"),
    }


def test_the_ledger_is_never_scanned(stage: Assembly) -> None:
    """Each of its calls names a key, and each write of several is one transaction."""
    given = {
        action
        for _, statement in _allowed(stage)
        for action in listed(statement["Action"])
        if action.startswith("dynamodb:")
    }
    assert given == {
        *(f"dynamodb:{verb}" for verb in ("GetItem", "BatchGetItem", "Query")),
        *(f"dynamodb:{verb}Item" for verb in ("Put", "Update", "Delete", "ConditionCheck")),
    }


def test_who_only_looks_at_the_ledger_writes_nothing_there(stage: Assembly) -> None:
    actions = {
        action
        for statement in stage.policies_of("MeasureFreshnessRole")
        for action in listed(statement["Action"])
    }
    assert "dynamodb:Query" in actions
    assert not {a for a in actions if a in ("dynamodb:PutItem", "dynamodb:UpdateItem")}
    assert not {a for a in actions if a.startswith(("kms:Encrypt", "kms:GenerateDataKey"))}


def test_registering_touches_no_row(stage: Assembly) -> None:
    services = {
        action.partition(":")[0]
        for statement in stage.policies_of("RegisterObjectRole")
        for action in listed(statement["Action"])
    }
    assert services == {"dynamodb", "kms", "logs", "s3", "sqs"}
    objects = {
        flat(resource)
        for statement in stage.policies_of("RegisterObjectRole")
        for resource in listed(statement["Resource"])
        if any(action.startswith("s3:") for action in listed(statement["Action"]))
    }
    assert all("cdk-" in name for name in objects), "only the compiled plans"


def test_nobody_reads_another_apps_assets(stage: Assembly) -> None:
    """All CDK apps of an account and region share the bucket. Glue may list it: it fetches code."""
    assets, seen = "cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>", set()
    for policy, statement in _allowed(stage):
        for resource in map(flat, listed(statement["Resource"])):
            _, found, key = resource.partition(assets)
            if found:
                seen.add(key.rpartition(".")[2])
                assert "*" not in key, policy
                assert key or policy.startswith("processing/"), policy
    assert {"json", "py", "zip"} <= seen


def test_the_state_machine_starts_only_its_own_jobs_and_functions(stage: Assembly) -> None:
    started: dict[str, set[str]] = {"lambda:InvokeFunction": set(), "glue:StartJobRun": set()}
    for statement in stage.policies_of("PipelineRole"):
        for action in started.keys() & set(listed(statement["Action"])):
            started[action].update(map(flat, listed(statement["Resource"])))
    functions = {name.removesuffix(":*") for name in started["lambda:InvokeFunction"]}  # versions
    assert functions
    assert not [name for name in functions if "*" in name or "Arn" not in name]
    jobs = {name.rpartition("/")[2] for name in started["glue:StartJobRun"]}
    assert {name.rpartition("-")[2] for name in jobs} == {"stage", "silver", "gold"}


def test_roles_are_assumed_by_services_alone(stage: Assembly) -> None:
    for role in stage.resources("AWS::IAM::Role"):
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}, role


@pytest.mark.parametrize("service", ["scheduler.amazonaws.com", "states.amazonaws.com"])
def test_who_starts_something_by_itself_does_so_for_this_account(
    prod: Assembly, service: str
) -> None:
    trusts = [
        statement
        for role in prod.resources("AWS::IAM::Role")
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]
        if service in listed(statement["Principal"]["Service"])
    ]
    assert trusts
    for trust in trusts:
        conditions = {
            key: value for each in trust["Condition"].values() for key, value in each.items()
        }
        assert flat(conditions["aws:SourceAccount"]) == "<AWS::AccountId>"
        assert "<AWS::AccountId>" in flat(conditions["aws:SourceArn"])


def test_no_managed_policy_gives_more_than_was_asked_for(stage: Assembly) -> None:
    for role in stage.resources("AWS::IAM::Role"):
        assert not role.properties.get("ManagedPolicyArns"), role


def test_policies_stay_within_iams_limit(stage: Assembly) -> None:
    for policy in stage.resources("AWS::IAM::Policy"):
        document = json.dumps(deployed(policy.properties["PolicyDocument"])).replace(" ", "")
        assert len(document) < INLINE_POLICIES_LIMIT * 0.9, f"{policy}: {len(document)}"


def test_who_takes_over_from_dead_runs_may_look_at_executions_and_nobody_else(
    dev: Assembly,
) -> None:
    looked = {
        policy.partition("/")[2].partition("Role")[0]: flat(listed(statement["Resource"])[0])
        for policy, statement in _allowed(dev)
        if "states:DescribeExecution" in listed(statement["Action"])
    }
    assert looked.keys() == {"OpenRun", "StartRun", "PlanBackfill", "BackfillMachine"}
    for function, machine in (("OpenRun", "pipeline"), ("PlanBackfill", "backfill")):
        assert looked[function].endswith(f":execution:weir-dev-{machine}:*")


def test_who_leases_a_table_may_ask_whether_a_jobs_run_that_has_it_goes_on(dev: Assembly) -> None:
    """Of silver each writer, of gold each builder, of quarantine the jobs: see `holders.py`."""
    asked: dict[str, set[str]] = {}
    for policy, statement in _allowed(dev):
        if "glue:GetJobRun" in listed(statement["Action"]) and policy.startswith("processing/"):
            jobs = {flat(name).rpartition("-")[2] for name in listed(statement["Resource"])}
            asked.setdefault(policy.partition("/")[2].partition("Role")[0], set()).update(jobs)
    of_silver, of_gold = {"silver", "backfill", "maintain"}, {"gold", "maintain"}
    of_quarantine = {"stage", "silver", "backfill", "maintain"}
    assert asked == {
        **dict.fromkeys(("MergeSilver", "BackfillChunk"), of_silver),
        **dict.fromkeys(("Silver", "Backfill", "Stage"), of_quarantine),
        **dict.fromkeys(("BuildGold", "Gold"), of_gold),
        "Maintain": {"maintain", "stage"},
    }
