"""ARNs and principals, without asking the CDK's own process for each."""

from __future__ import annotations

from functools import cache
from typing import Final

from aws_cdk import Aws
from aws_cdk.aws_iam import ServicePrincipal

GLUE: Final = "glue.amazonaws.com"

service = cache(ServicePrincipal)
"""A service as a principal; one object serves all the roles that it may assume."""


def arn(owner: str, resource: str, name: str | None = None, *, separator: str = "/") -> str:
    """Of a resource where its stack is: no stack here is tied to an account or a region.

    Args:
        owner: the service, as ARNs call it.
        separator: between kind and name; `:` for log groups, alarms and executions.
    """
    partition, region, account = _place()
    ending = "" if name is None else f"{separator}{name}"
    return f"arn:{partition}:{owner}:{region}:{account}:{resource}{ending}"


@cache
def _place() -> tuple[str, str, str]:
    return Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID
