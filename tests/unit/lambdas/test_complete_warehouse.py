"""The warehouse's completion: one usage limit, and the secret that CloudFormation doesn't name."""

from __future__ import annotations

from typing import Any

from lambdas.complete_warehouse.logic import SECRET, complete_warehouse

WORKGROUP = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/id"


class Redshift:
    """Remembers limits as the service does: one for each resource, usage and period."""

    def __init__(self) -> None:
        self.limits: list[dict[str, Any]] = []

    def get_namespace(self, namespaceName: str) -> dict[str, Any]:
        return {"namespace": {"adminPasswordSecretArn": f"arn:secret:{namespaceName}"}}

    def list_usage_limits(self, resourceArn: str, usageType: str) -> dict[str, Any]:
        asked = {"resourceArn": resourceArn, "usageType": usageType}
        return {"usageLimits": [lim for lim in self.limits if asked.items() <= lim.items()]}

    def create_usage_limit(self, **limit: Any) -> None:
        self.limits.append({**limit, "usageLimitId": str(len(self.limits))})

    def update_usage_limit(self, usageLimitId: str, **changes: Any) -> None:
        self.limits[int(usageLimitId)].update(changes)


def _complete(redshift: Redshift, rpu_hours: int) -> Any:
    return complete_warehouse(
        redshift, namespace="weir", workgroup_arn=WORKGROUP, rpu_hours=rpu_hours
    )


def test_a_new_workgroup_is_limited_and_stops_at_the_limit() -> None:
    redshift = Redshift()
    _complete(redshift, 60)
    (limit,) = redshift.limits
    assert (limit["amount"], limit["period"], limit["breachAction"]) == (
        60,
        "monthly",
        "deactivate",
    )


def test_a_changed_limit_replaces_the_former() -> None:
    redshift = Redshift()
    _complete(redshift, 60)
    _complete(redshift, 90)
    assert [limit["amount"] for limit in redshift.limits] == [90]


def test_a_limit_of_another_period_is_left_alone() -> None:
    redshift = Redshift()
    redshift.create_usage_limit(
        resourceArn=WORKGROUP, usageType="serverless-compute", period="daily", amount=1
    )
    _complete(redshift, 60)
    assert [limit["amount"] for limit in redshift.limits] == [1, 60]


def test_the_secrets_arn_is_an_attribute_of_a_resource_that_stays_the_same() -> None:
    redshift = Redshift()
    first, second = _complete(redshift, 60), _complete(redshift, 90)
    assert first.data == {SECRET: "arn:secret:weir"}
    assert first.physical_id == second.physical_id
