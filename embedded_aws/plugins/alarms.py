"""Alarms over several metrics (metric math), which MiniStack refuses: accepted by name only."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

from embedded_aws.plugins.by_name_only import NamedType, named_handler

_TYPE = "AWS::CloudWatch::Alarm"
_METRIC_MATH = NamedType(
    type=_TYPE,
    what="alarm on several metrics",
    name="AlarmName",
    attributes=(("Arn", "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"),),
)


def install() -> None:
    """Choose by the template: an alarm on one metric stays MiniStack's own."""
    handlers = provisioners._RESOURCE_HANDLERS
    real, named = handlers[_TYPE], named_handler(_METRIC_MATH)

    def create(logical_id: str, properties: dict[str, Any], *rest: Any) -> Any:
        return (named if "Metrics" in properties else real)["create"](logical_id, properties, *rest)

    def update(identifier: str, old: Any, new: dict[str, Any], *rest: Any) -> Any:
        return (named if "Metrics" in new else real)["update"](identifier, old, new, *rest)

    def delete(identifier: str, properties: dict[str, Any]) -> Any:
        return (named if "Metrics" in properties else real)["delete"](identifier, properties)

    handlers[_TYPE] = {"create": create, "update": update, "delete": delete}
