"""What only AWS enforces of keys, logs, events and what costs money; see this package."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly, flat, listed


def _statements(stage: Assembly, service: str) -> list[dict[str, Any]]:
    return [
        statement
        for key in stage.resources("AWS::KMS::Key")
        for statement in key.properties["KeyPolicy"]["Statement"]
        if any(
            service in flat(principal)
            for principal in listed(statement["Principal"].get("Service", []))
        )
    ]


def test_log_groups_may_use_their_key(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    (statement,) = _statements(stage, "logs.")
    (patterns,) = statement["Condition"]["ArnLike"].values()
    covered = [flat(pattern).partition("log-group:")[2].rstrip("*") for pattern in patterns]
    for group in stage.resources("AWS::Logs::LogGroup"):
        name = str(group.properties["LogGroupName"])
        assert any(name.startswith(prefix) for prefix in covered), name


@pytest.mark.parametrize("service", ["cloudwatch.", "events."])
def test_alarms_and_rules_may_use_the_topics_key(stage: Assembly, service: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    (statement,) = _statements(stage, service)
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])


def test_a_key_asks_for_the_source_only_of_who_names_one(stage: Assembly) -> None:
    """EventBridge names none to an encrypted topic: "not supported for EventBridge-to-encrypted
    topics", and then nobody hears of a failed run, nor that nobody does.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    (alarms,) = _statements(stage, "cloudwatch.")
    assert "aws:SourceAccount" in alarms["Condition"]["StringEquals"]
    (rules,) = _statements(stage, "events.")
    assert "Condition" not in rules


@pytest.mark.parametrize("service", ["cloudwatch.", "events."])
def test_alarms_and_rules_may_publish_to_the_topic(stage: Assembly, service: str) -> None:
    """A policy of one's own replaces the default one, by which alarms could publish.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    (policy,) = stage.resources("AWS::SNS::TopicPolicy")
    assert [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and service in flat(statement["Principal"])
    ]


def test_the_topic_asks_nothing_of_rules(stage: Assembly) -> None:
    """EventBridge publishes to a topic without a context, so a condition would never be met; the
    guide's policy has none.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    (policy,) = stage.resources("AWS::SNS::TopicPolicy")
    (rules,) = (
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "events." in flat(statement["Principal"])
    )
    assert "Condition" not in rules


def test_no_key_names_a_role(stage: Assembly) -> None:
    """A principal that doesn't exist yet is an error; one that is deleted turns into an id.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    """
    for key in stage.resources("AWS::KMS::Key"):
        for statement in key.properties["KeyPolicy"]["Statement"]:
            assert ":role/" not in json.dumps(statement["Principal"]), key


def test_no_custom_resource_switches_bucket_events_on(stage: Assembly) -> None:
    """The CDK's own switch adds a Lambda; the bucket has a property.

    https://github.com/aws/aws-cdk/issues/21778
    """
    assert not stage.resources("Custom::S3BucketNotifications")
    switched = [
        bucket
        for bucket in stage.resources("AWS::S3::Bucket")
        if bucket.properties.get("NotificationConfiguration")
        == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    ]
    assert len(switched) == 1


def test_access_logs_go_where_s3_can_write_them(stage: Assembly) -> None:
    """Only to a bucket with SSE-S3 and without a default retention.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    targets = {
        bucket.properties["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
        for bucket in stage.resources("AWS::S3::Bucket")
        if "LoggingConfiguration" in bucket.properties
    }
    (target,) = targets
    logs = next(b for b in stage.resources("AWS::S3::Bucket") if b.logical_id == target)
    (rule,) = logs.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "ObjectLockConfiguration" not in logs.properties


def test_state_machines_logs_have_the_vended_prefix(stage: Assembly) -> None:
    """Elsewhere each state machine grows one resource policy that ends at 5,120 characters.

    https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
    """
    groups = {group.logical_id: group for group in stage.resources("AWS::Logs::LogGroup")}
    machines = stage.resources("AWS::StepFunctions::StateMachine")
    assert machines
    for machine in machines:
        (destination,) = machine.properties["LoggingConfiguration"]["Destinations"]
        group = groups[destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]]
        assert group.properties["LogGroupName"].startswith("/aws/vendedlogs/states/"), machine


def test_nothing_bills_while_idle_in_dev(dev: Assembly) -> None:
    """Each of these costs money by the hour, used or not: https://aws.amazon.com/pricing/"""
    assert not dev.resources(
        *("AWS::Kinesis::Stream", "AWS::EC2::NatGateway", "AWS::MSK::Cluster"),
        *("AWS::MWAA::Environment", "AWS::Redshift::Cluster", "AWS::RDS::DBInstance"),
    )
    assert not [
        endpoint
        for endpoint in dev.resources("AWS::EC2::VPCEndpoint")
        if endpoint.properties["VpcEndpointType"] == "Interface"
    ]
