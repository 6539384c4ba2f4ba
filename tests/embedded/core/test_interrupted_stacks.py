"""A server that ends while a stack is being changed: the next one can roll it back and go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.embedded.core.machine import Machine, wait_until

pytestmark = pytest.mark.embedded

BUCKET = "made-before-the-stop"
MADE: dict[str, Any] = {
    "Made": {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "RetainExceptOnCreate",
        "Properties": {"BucketName": BUCKET},
    }
}
ENDLESS: dict[str, Any] = MADE | {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": "Made",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600", "Count": 1},
    },
}


def body(resources: dict[str, Any]) -> str:
    return json.dumps({"Resources": resources})


def until(machine: Machine, status: str) -> None:
    wait_until(lambda: machine.stack("halfway")["StackStatus"] == status, 20)


def waits(machine: Machine) -> bool:
    """Whether the stack has come to the resource that never ends."""
    events = machine.client("cloudformation").describe_stack_events(StackName="halfway")
    return any(event["LogicalResourceId"] == "Wait" for event in events["StackEvents"])


def buckets(machine: Machine) -> list[str]:
    return [found["Name"] for found in machine.client("s3").list_buckets()["Buckets"]]


def test_an_interrupted_creation_is_rolled_back_and_made_again(fresh: Machine) -> None:
    fresh.client("cloudformation").create_stack(StackName="halfway", TemplateBody=body(ENDLESS))
    wait_until(lambda: waits(fresh), 20)
    fresh.stop()
    fresh.start()
    cloudformation = fresh.client("cloudformation")
    until(fresh, "CREATE_FAILED")
    assert buckets(fresh) == [BUCKET]
    cloudformation.rollback_stack(StackName="halfway")
    until(fresh, "ROLLBACK_COMPLETE")
    assert buckets(fresh) == []
    cloudformation.delete_stack(StackName="halfway")
    fresh.deploy("halfway", {"Resources": MADE})


def test_an_interrupted_update_keeps_what_is_there_and_is_made_again(fresh: Machine) -> None:
    fresh.deploy("halfway", {"Resources": MADE})
    fresh.client("cloudformation").update_stack(StackName="halfway", TemplateBody=body(ENDLESS))
    wait_until(lambda: waits(fresh), 20)
    fresh.stop()
    fresh.start()
    cloudformation = fresh.client("cloudformation")
    until(fresh, "UPDATE_FAILED")
    cloudformation.rollback_stack(StackName="halfway")
    until(fresh, "UPDATE_ROLLBACK_COMPLETE")
    found = cloudformation.get_template(StackName="halfway")["TemplateBody"]
    assert found == json.loads(body(MADE)), "the change is still to be made"
    tagged = MADE["Made"]["Properties"] | {"Tags": [{"Key": "a", "Value": "b"}]}
    changed = {"Made": MADE["Made"] | {"Properties": tagged}}
    cloudformation.update_stack(StackName="halfway", TemplateBody=body(changed))
    until(fresh, "UPDATE_COMPLETE")
    assert buckets(fresh) == [BUCKET]
