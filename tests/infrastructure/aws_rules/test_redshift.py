"""What only AWS enforces of the warehouse; see this package."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tests.infrastructure.assembly import Assembly, flat, listed


def test_subnets_lie_in_three_zones_of_whatever_region(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html"""
    zones = {
        json.dumps(subnet.properties["AvailabilityZone"])
        for subnet in stage.resources("AWS::EC2::Subnet")
    }
    assert zones == {json.dumps({"Fn::Select": [index, {"Fn::GetAZs": ""}]}) for index in range(3)}
    (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
    assert len(workgroup.properties["SubnetIds"]) == 3


def test_zones_can_be_chosen_where_the_first_three_will_not_do(
    synthesized: Callable[..., Assembly],
) -> None:
    """Redshift Serverless isn't in every zone, and which letter a zone has differs from account to
    account.

    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html
    """
    chosen = synthesized("dev", zones="bdf")
    zones = [
        flat(subnet.properties["AvailabilityZone"])
        for subnet in chosen.resources("AWS::EC2::Subnet")
    ]
    assert zones == [f"<AWS::Region>{letter}" for letter in "bdf"]


def test_enhanced_vpc_routing_comes_with_its_endpoints(dev: Assembly, prod: Assembly) -> None:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/enhanced-vpc-working-with-endpoints.html"""
    for assembly, private in ((dev, False), (prod, True)):
        (workgroup,) = assembly.resources("AWS::RedshiftServerless::Workgroup")
        assert workgroup.properties["EnhancedVpcRouting"] is private
        kinds = [
            endpoint.properties["VpcEndpointType"]
            for endpoint in assembly.resources("AWS::EC2::VPCEndpoint")
        ]
        assert kinds.count("Gateway") == 2
        assert ("Interface" in kinds) is private


def test_the_warehouse_reaches_aws_services_and_nobody_reaches_it(stage: Assembly) -> None:
    """With enhanced VPC routing, what COPY reads passes its security group.

    https://docs.aws.amazon.com/redshift/latest/mgmt/enhanced-vpc-routing.html
    """
    (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
    (named,) = workgroup.properties["SecurityGroupIds"]
    (group,) = stage.resources("AWS::EC2::SecurityGroup", stack="warehouse")
    assert flat(named) == f"<{group.logical_id}.GroupId>"
    assert "SecurityGroupIngress" not in group.properties
    assert not stage.resources("AWS::EC2::SecurityGroupIngress")
    (out,) = group.properties["SecurityGroupEgress"]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)


def test_capacity_and_use_are_limited(stage: Assembly) -> None:
    """The default capacity is 128 RPU, at about $48 an hour of use.

    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
    """
    (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
    (completion,) = stage.resources("Custom::WeirWarehouseCompletion")
    assert workgroup.properties["BaseCapacity"] in (4, 8)
    assert int(completion.properties["RpuHours"]) > 0


def test_copy_reads_by_a_role_that_redshift_may_assume(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-serverless-iam.html"""
    (role,) = (
        role
        for role in stage.resources("AWS::IAM::Role", stack="warehouse")
        if "CopyRole" in role.logical_id
    )
    services = {
        service
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(statement["Principal"]["Service"])
    }
    assert services == {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}
    actions = {a for s in stage.policies_of("CopyRole") for a in listed(s["Action"])}
    assert {"s3:GetObject*", "kms:Decrypt"} <= actions


def test_the_role_that_loads_is_named_as_redshift_grants_to_it(dev: Assembly) -> None:
    """Data API callers are users `IAMR:<role>`, and need GRANTs by that name.

    https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
    """
    role = dev.one("AWS::IAM::Role", RoleName="weir-dev-loader")
    migration = dev.one(
        "AWS::Lambda::Function", FunctionName="weir-dev-migrate-schemas"
    ).properties["Environment"]["Variables"]
    assert migration["WEIR_LOADER_ROLE_NAME"] == role.properties["RoleName"]


def test_who_looks_at_a_load_is_who_submitted_it_but_not_the_same_session(stage: Assembly) -> None:
    """A statement's owner is `role id:session`, and each function is a session of its own.

    https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
    """
    (statement,) = (
        s
        for s in stage.policies_of("LoaderRole")
        if "redshift-data:DescribeStatement" in listed(s["Action"])
    )
    ((operator, condition),) = statement["Condition"].items()
    owner = flat(condition["redshift-data:statement-owner-iam-userid"])
    assert operator == "StringLike"
    assert re.fullmatch(r"<LoaderRole\w+\.RoleId>:\*", owner)


def test_actions_without_resources_are_allowed_on_all(stage: Assembly) -> None:
    """Usage limits aren't resources of IAM: an ARN there would allow nothing.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftserverless.html
    """
    (statement,) = (
        s
        for s in stage.policies_of("CompleteWarehouseRole")
        if "redshift-serverless:CreateUsageLimit" in listed(s["Action"])
    )
    assert statement["Resource"] == "*"
