"""Custom resources whose function answers CloudFormation itself."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CustomResource, Duration
from aws_cdk.aws_lambda import Function
from constructs import Construct


def custom_resource(
    scope: Construct,
    construct_id: str,
    function: Function,
    *,
    kind: str,
    properties: Mapping[str, str | int],
    timeout: Duration | None = None,
) -> CustomResource:
    """A resource `Custom::Weir<kind>`; a changed property calls the function again.

    The timeout is short: CloudFormation would wait an hour for a function that never answers.
    """
    resource = CustomResource(
        scope,
        construct_id,
        service_token=function.function_arn,
        service_timeout=timeout or Duration.minutes(5),
        resource_type=f"Custom::Weir{kind}",
        properties=dict(properties),
    )
    # The role's policies are complete before the function is called for the first time.
    role = function.role
    assert role is not None
    resource.node.add_dependency(role)
    return resource
