"""Rows at rest: encrypted, versioned, and outliving their stacks."""

from __future__ import annotations

import json

import pytest

from tests.infrastructure.assembly import Assembly, Resource, flat, listed
from tests.infrastructure.conftest import Synthesize

HOLDS_DATA = (
    *("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Glue::Database"),
    *("AWS::RedshiftServerless::Namespace", "AWS::SecretsManager::Secret"),
)


def _outlives(resource: Resource) -> bool:
    """RetainExceptOnCreate: kept on deletion, removed where its creation failed."""
    return (
        resource.raw.get("DeletionPolicy") == "RetainExceptOnCreate"
        and resource.raw.get("UpdateReplacePolicy") == "Retain"
    )


def test_data_outlives_its_stack_as_both_stages_are_configured(stage: Assembly) -> None:
    assert [str(r) for r in stage.resources(*HOLDS_DATA) if not _outlives(r)] == []


def test_an_erasable_stage_keeps_its_data_without_the_flag(synthesized: Synthesize) -> None:
    assembly = synthesized("dev", erasable=True)
    assert all(_outlives(resource) for resource in assembly.resources(*HOLDS_DATA))


def test_the_flag_alone_erases_nothing_of_a_stage_that_is_not_erasable(
    synthesized: Synthesize,
) -> None:
    assembly = synthesized("prod", {"allow_erase": "true"})
    assert all(_outlives(resource) for resource in assembly.resources(*HOLDS_DATA))


def test_two_switches_together_erase(synthesized: Synthesize) -> None:
    assembly = synthesized("dev", {"allow_erase": "true"}, erasable=True)
    for resource in assembly.resources(*HOLDS_DATA):
        assert resource.raw["DeletionPolicy"] == "Delete", resource


def test_stacks_that_keep_data_cannot_be_deleted_by_accident(dev: Assembly, prod: Assembly) -> None:
    (table,) = prod.resources("AWS::DynamoDB::Table")
    assert table.properties["DeletionProtectionEnabled"] is True
    assert _protected(prod) == {r.stack for r in prod.resources(*HOLDS_DATA)} - {"ingestion"}
    assert _protected(dev) == set()


def _protected(assembly: Assembly) -> set[str]:
    manifest = json.loads((assembly.directory / "manifest.json").read_text())
    return {
        name.lower()
        for name, artifact in manifest["artifacts"].items()
        if artifact.get("properties", {}).get("terminationProtection")
    }


def test_every_bucket_is_closed_versioned_and_encrypted(stage: Assembly) -> None:
    for bucket in stage.resources("AWS::S3::Bucket"):
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if "LoggingConfiguration" in bucket.properties:
            assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms", bucket
            assert rule["BucketKeyEnabled"] is True, bucket


def test_every_bucket_but_the_one_of_logs_logs_its_access(stage: Assembly) -> None:
    without = [
        bucket
        for bucket in stage.resources("AWS::S3::Bucket")
        if "LoggingConfiguration" not in bucket.properties
    ]
    assert len(without) == 1


def test_each_buckets_accesses_are_told_apart(stage: Assembly) -> None:
    folders = [
        bucket.properties["LoggingConfiguration"]["LogFilePrefix"]
        for bucket in stage.resources("AWS::S3::Bucket")
        if "LoggingConfiguration" in bucket.properties
    ]
    assert len(folders) == len(set(folders)) == 6
    assert {"access/landing/", "access/gold/"} <= set(folders)


def test_deleted_files_leave_no_marker_for_good(stage: Assembly) -> None:
    """Maintenance deletes files every day; a listing passes over each marker that is left."""
    for bucket in stage.resources("AWS::S3::Bucket"):
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]:
            if "NoncurrentVersionExpiration" in rule:  # `ExpirationInDays` takes them along
                assert rule.get("ExpiredObjectDeleteMarker") or rule.get("ExpirationInDays"), bucket


def test_a_first_deployment_that_failed_is_rolled_back_where_data_may_go(dev: Assembly) -> None:
    """A protected table can't be deleted by the rollback either."""
    (table,) = dev.resources("AWS::DynamoDB::Table")
    assert table.properties["DeletionProtectionEnabled"] is False
    assert _outlives(table)


@pytest.mark.parametrize("type_", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"])
def test_nothing_is_served_without_tls(stage: Assembly, type_: str) -> None:
    owners = {
        "AWS::S3::BucketPolicy": "AWS::S3::Bucket",
        "AWS::SQS::QueuePolicy": "AWS::SQS::Queue",
    }
    policies = stage.resources(type_)
    assert len(policies) >= len(stage.resources(owners[type_]))
    for policy in policies:
        denied = [
            statement
            for statement in policy.properties["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
            and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert denied, policy


def test_there_are_two_keys_and_they_rotate(stage: Assembly) -> None:
    keys = stage.resources("AWS::KMS::Key")
    assert len(keys) == 2
    assert all(key.properties["EnableKeyRotation"] is True for key in keys)


def test_landing_keeps_what_was_sent(stage: Assembly) -> None:
    landing = next(
        bucket
        for bucket in stage.resources("AWS::S3::Bucket")
        if "NotificationConfiguration" in bucket.properties
    )
    for rule in landing.properties["LifecycleConfiguration"]["Rules"]:
        assert not {"ExpirationInDays", "NoncurrentVersionExpiration"} & set(rule), rule["Id"]


def test_every_log_group_is_encrypted_and_forgets(stage: Assembly) -> None:
    for group in stage.resources("AWS::Logs::LogGroup"):
        assert "KmsKeyId" in group.properties, group
        assert group.properties["RetentionInDays"] in (14, 90), group


def test_the_ledger_can_be_restored_to_any_second(stage: Assembly) -> None:
    (ledger,) = stage.resources("AWS::DynamoDB::Table")
    recovery = ledger.properties["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert ledger.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert ledger.properties["TimeToLiveSpecification"]["AttributeName"] == "expires_at"


def test_the_warehouse_is_private_and_audited(stage: Assembly) -> None:
    (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
    (namespace,) = stage.resources("AWS::RedshiftServerless::Namespace")
    assert workgroup.properties["PubliclyAccessible"] is False
    assert namespace.properties["ManageAdminPassword"] is True
    assert "AdminUserPassword" not in namespace.properties
    assert set(namespace.properties["LogExports"]) == {
        *("userlog", "connectionlog", "useractivitylog")
    }


def test_nobody_can_connect_to_the_warehouse_from_the_network(stage: Assembly) -> None:
    (group,) = stage.resources("AWS::EC2::SecurityGroup", stack="warehouse")
    assert not group.properties.get("SecurityGroupIngress")
    assert not stage.resources("AWS::EC2::SecurityGroupIngress")


def test_nothing_falls_into_the_networks_default_group(stage: Assembly) -> None:
    (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
    assert workgroup.properties["SecurityGroupIds"]
    for endpoint in stage.resources("AWS::EC2::VPCEndpoint"):
        if endpoint.properties["VpcEndpointType"] == "Interface":
            assert endpoint.properties["SecurityGroupIds"], endpoint


def test_no_secret_stands_in_a_template(stage: Assembly) -> None:
    for secret in stage.resources("AWS::SecretsManager::Secret"):
        assert "SecretString" not in secret.properties
        assert "GenerateSecretString" in secret.properties


def test_nothing_reaches_the_internet_from_the_network(stage: Assembly) -> None:
    assert not stage.resources("AWS::EC2::InternetGateway", "AWS::EC2::NatGateway")


def test_endpoints_of_a_private_stage_take_tls_from_its_network_alone(prod: Assembly) -> None:
    (group,) = prod.resources("AWS::EC2::SecurityGroup", stack="network")
    (vpc,) = prod.resources("AWS::EC2::VPC")
    (rule,) = group.properties["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"]) == (vpc.properties["CidrBlock"], 443)


def test_arrivals_reach_one_queue_and_failures_its_dead_letters(dev: Assembly) -> None:
    queues = dev.resources("AWS::SQS::Queue")
    working = [queue for queue in queues if "RedrivePolicy" in queue.properties]
    assert len(working) == len(queues) - len(working) == 1
    (rule,) = (r for r in dev.resources("AWS::Events::Rule") if r.stack == "ingestion")
    assert rule.properties["EventPattern"]["detail-type"] == ["Object Created"]
    (target,) = rule.properties["Targets"]
    assert working[0].logical_id in flat(target["Arn"])
    assert listed(target["DeadLetterConfig"])
