"""What CloudFormation can't say of Redshift Serverless: the usage limit, and the secret's ARN.

Neither exists there: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2021
"""

from __future__ import annotations

from typing import Any, Final

from lambdas.custom_resource import Answer

SECRET: Final = "AdminSecretArn"
"""Attribute of the custom resource."""

_USAGE: Final = {"usageType": "serverless-compute", "period": "monthly"}
_BREACH: Final = "deactivate"


def complete_warehouse(
    redshift: Any, *, namespace: str, workgroup_arn: str, rpu_hours: int
) -> Answer:
    """Limit the workgroup to `rpu_hours` a month, and find its administrator's secret."""
    limit_usage(redshift, workgroup_arn=workgroup_arn, rpu_hours=rpu_hours)
    found = redshift.get_namespace(namespaceName=namespace)["namespace"]
    return Answer(
        physical_id=f"{namespace}-complete", data={SECRET: found["adminPasswordSecretArn"]}
    )


def limit_usage(redshift: Any, *, workgroup_arn: str, rpu_hours: int) -> None:
    """Create or change the monthly limit, after which queries are refused until the month ends."""
    limits = redshift.list_usage_limits(
        resourceArn=workgroup_arn, usageType=_USAGE["usageType"]
    ).get("usageLimits", [])
    monthly = [limit for limit in limits if limit["period"] == _USAGE["period"]]
    if monthly:
        redshift.update_usage_limit(
            usageLimitId=monthly[0]["usageLimitId"], amount=rpu_hours, breachAction=_BREACH
        )
    else:
        redshift.create_usage_limit(
            resourceArn=workgroup_arn, amount=rpu_hours, breachAction=_BREACH, **_USAGE
        )
