from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.support.redshift import DEADLINE, Server, Warehouse, allow


def test_the_administrators_secret_logs_in(warehouse: Warehouse) -> None:
    secret = warehouse.server.client("secretsmanager").get_secret_value(SecretId=warehouse.secret)
    assert json.loads(secret["SecretString"])["username"] == "admin"
    assert secret["Name"] == f"redshift!{warehouse.name}-admin"
    assert warehouse.must("CREATE SCHEMA s")["DbUser"] == "admin"
    by_name = {"WorkgroupName": warehouse.name, "SecretArn": secret["Name"]}
    run = warehouse.data.execute_statement(Sql="DROP SCHEMA s", **by_name)
    assert warehouse.wait(run["Id"])["Status"] == "FINISHED"


def test_cloudformation_gives_no_attribute_of_the_secret(redshift: Server) -> None:
    """As in AWS: aws-cloudformation/cloudformation-coverage-roadmap #2021 and #2148."""
    template = _template()
    secret = {"Value": {"Fn::GetAtt": ["N", "Namespace.AdminPasswordSecretArn"]}}
    template["Outputs"] = {"Secret": secret}
    cloudformation = redshift.client("cloudformation")
    cloudformation.create_stack(StackName="asks", TemplateBody=json.dumps(template))
    deadline = time.monotonic() + DEADLINE
    while True:
        status = cloudformation.describe_stacks(StackName="asks")["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert status in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    cloudformation.delete_stack(StackName="asks")


def test_a_workgroup_can_be_changed_and_limited(warehouse: Warehouse) -> None:
    control = warehouse.control
    control.update_workgroup(workgroupName=warehouse.name, baseCapacity=8)
    found = control.get_workgroup(workgroupName=warehouse.name)["workgroup"]
    assert found["baseCapacity"] == 8
    assert found["endpoint"]["port"] == 5439
    with pytest.raises(ClientError, match="baseCapacity"):
        control.update_workgroup(workgroupName=warehouse.name, baseCapacity=2)
    limit = control.create_usage_limit(
        resourceArn=warehouse.workgroup_arn, usageType="serverless-compute", amount=10
    )["usageLimit"]
    assert limit["breachAction"] == "log"
    listed = control.list_usage_limits(resourceArn=warehouse.workgroup_arn)["usageLimits"]
    assert listed == [limit]
    control.delete_usage_limit(usageLimitId=limit["usageLimitId"])


def test_tags_can_be_set_and_taken_away(warehouse: Warehouse) -> None:
    arn, control = warehouse.namespace_arn, warehouse.control
    control.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
    assert control.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]
    control.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert control.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_credentials_are_for_the_callers_own_user(warehouse: Warehouse) -> None:
    given = warehouse.control.get_credentials(workgroupName=warehouse.name, dbName="warehouse")
    assert given["dbUser"] == "IAM:root"
    assert given["dbPassword"]


def test_names_are_unique_and_a_used_namespace_stays(warehouse: Warehouse) -> None:
    control = warehouse.control
    with pytest.raises(control.exceptions.ConflictException, match="already exists"):
        control.create_namespace(namespaceName=warehouse.name)
    with pytest.raises(control.exceptions.ConflictException, match="workgroup"):
        control.delete_namespace(namespaceName=warehouse.name)
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_namespace(namespaceName="nowhere")


def test_an_operation_that_is_not_emulated_says_so(warehouse: Warehouse) -> None:
    with pytest.raises(ClientError, match="ListSnapshots is not emulated"):
        warehouse.control.list_snapshots()


def test_iam_decides_about_the_control_plane(warehouse: Warehouse) -> None:
    arn = warehouse.create_role(
        "viewer", [allow("redshift-serverless:GetNamespace", warehouse.namespace_arn)]
    )
    keys = warehouse.server.client("sts").assume_role(RoleArn=arn, RoleSessionName="look")
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    values = [keys["Credentials"][k] for k in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    viewer = warehouse.server.client("redshift-serverless", dict(zip(names, values, strict=True)))
    viewer.get_namespace(namespaceName=warehouse.name)
    with pytest.raises(ClientError, match="GetWorkgroup"):
        viewer.get_workgroup(workgroupName=warehouse.name)


def _template() -> dict[str, Any]:
    get = "Fn::GetAtt"
    return {
        "Resources": {
            "N": {
                "Type": "AWS::RedshiftServerless::Namespace",
                "Properties": {
                    "NamespaceName": "from-template",
                    "DbName": "warehouse",
                    "ManageAdminPassword": True,
                    "LogExports": ["userlog"],
                },
            },
            "W": {
                "Type": "AWS::RedshiftServerless::Workgroup",
                "Properties": {
                    "WorkgroupName": "from-template",
                    "NamespaceName": {"Ref": "N"},
                    "BaseCapacity": "4",
                    "ConfigParameters": [{"ParameterKey": "require_ssl", "ParameterValue": "true"}],
                },
            },
        },
        "Outputs": {
            "Namespace": {"Value": {get: ["N", "Namespace.NamespaceArn"]}},
            "Workgroup": {"Value": {get: ["W", "Workgroup.WorkgroupArn"]}},
            "Address": {"Value": {get: ["W", "Workgroup.Endpoint.Address"]}},
            "Name": {"Value": {"Ref": "W"}},
        },
    }


def _wait(cloudformation: Any, wanted: str) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName="redshift")["Stacks"][0]
        if stack["StackStatus"] == wanted:
            return stack
        assert "FAILED" not in stack["StackStatus"] and "ROLLBACK" not in stack["StackStatus"], (
            stack
        )
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_cloudformation_makes_changes_and_deletes_them(redshift: Server) -> None:
    cloudformation = redshift.client("cloudformation")
    control = redshift.client("redshift-serverless")
    template = _template()
    cloudformation.create_stack(StackName="redshift", TemplateBody=json.dumps(template))
    stack = _wait(cloudformation, "CREATE_COMPLETE")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    namespace = control.get_namespace(namespaceName="from-template")["namespace"]
    workgroup = control.get_workgroup(workgroupName="from-template")["workgroup"]
    assert outputs == {
        "Namespace": namespace["namespaceArn"],
        "Workgroup": workgroup["workgroupArn"],
        "Address": workgroup["endpoint"]["address"],
        "Name": "from-template",
    }
    assert workgroup["baseCapacity"] == 4
    template["Resources"]["W"]["Properties"]["BaseCapacity"] = 8
    cloudformation.update_stack(StackName="redshift", TemplateBody=json.dumps(template))
    _wait(cloudformation, "UPDATE_COMPLETE")
    assert control.get_workgroup(workgroupName="from-template")["workgroup"]["baseCapacity"] == 8
    cloudformation.delete_stack(StackName="redshift")
    deadline = time.monotonic() + DEADLINE
    while control.list_namespaces()["namespaces"] and time.monotonic() < deadline:
        names = [n["namespaceName"] for n in control.list_namespaces()["namespaces"]]
        if "from-template" not in names:
            break
        time.sleep(0.1)
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_namespace(namespaceName="from-template")
