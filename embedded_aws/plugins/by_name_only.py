"""CloudFormation types that are accepted so that a template deploys, and do nothing.

Each is listed by name in the state directory, so that whoever reads "deployed" can also read what
that doesn't prove.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ministack.core.responses import get_account_id, get_region

from embedded_aws.state import StateDir

Properties = dict[str, Any]
Attributes = dict[str, str]

_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class NamedType:
    """A resource type without behaviour.

    Args:
        type: the CloudFormation type.
        what: what a person calls it.
        name: property that holds the physical id, where the template gives one.
        attributes: `Fn::GetAtt` attributes, with `{id}`, `{account}`, `{region}` to fill in.
    """

    type: str
    what: str
    name: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


_ARN: Final = "arn:aws:{service}:{{region}}:{{account}}:{kind}{{id}}"


def _arn(service: str, kind: str) -> tuple[tuple[str, str], ...]:
    return (("Arn", _ARN.format(service=service, kind=kind)),)


TYPES: Final = (
    NamedType(type="AWS::EC2::FlowLog", what="VPC flow log"),
    NamedType(type="AWS::EC2::NetworkAcl", what="network ACL"),
    NamedType(type="AWS::EC2::NetworkAclEntry", what="network ACL"),
    NamedType(type="AWS::EC2::SecurityGroupIngress", what="security group rule"),
    NamedType(type="AWS::EC2::SecurityGroupEgress", what="security group rule"),
    NamedType(type="AWS::EC2::EIP", what="elastic IP", attributes=(("AllocationId", "{id}"),)),
    NamedType(type="AWS::EC2::NatGateway", what="NAT gateway"),
    NamedType(type="AWS::Glue::SecurityConfiguration", what="Glue encryption", name="Name"),
    NamedType(type="AWS::Glue::DataCatalogEncryptionSettings", what="Glue encryption"),
    NamedType(type="AWS::Glue::DataQualityRuleset", what="Glue data quality", name="Name"),
    NamedType(type="AWS::Glue::Workflow", what="Glue workflow", name="Name"),
    NamedType(
        type="AWS::Athena::NamedQuery",
        what="Athena saved query",
        attributes=(("NamedQueryId", "{id}"),),
    ),
    NamedType(
        type="AWS::CloudWatch::CompositeAlarm",
        what="composite alarm",
        name="AlarmName",
        attributes=_arn("cloudwatch", "alarm:"),
    ),
    NamedType(type="AWS::CloudWatch::AnomalyDetector", what="CloudWatch anomaly detector"),
    NamedType(
        type="AWS::CloudTrail::Trail",
        what="CloudTrail",
        name="TrailName",
        attributes=_arn("cloudtrail", "trail/"),
    ),
    NamedType(type="AWS::Logs::QueryDefinition", what="saved log query"),
    NamedType(type="AWS::SecretsManager::RotationSchedule", what="secret rotation"),
    NamedType(type="AWS::SecretsManager::ResourcePolicy", what="secret resource policy"),
    NamedType(type="AWS::Budgets::Budget", what="budget"),
    NamedType(type="AWS::CE::AnomalyMonitor", what="cost anomaly monitor"),
    NamedType(type="AWS::CE::AnomalySubscription", what="cost anomaly monitor"),
    NamedType(type="AWS::LakeFormation::DataLakeSettings", what="Lake Formation"),
    NamedType(type="AWS::LakeFormation::PrincipalPermissions", what="Lake Formation"),
    NamedType(type="AWS::LakeFormation::Resource", what="Lake Formation"),
    NamedType(type="AWS::LakeFormation::Tag", what="Lake Formation", name="TagKey"),
    NamedType(type="AWS::LakeFormation::TagAssociation", what="Lake Formation"),
    NamedType(
        type="AWS::MSK::ServerlessCluster", what="Kafka (MSK)", attributes=_arn("kafka", "cluster/")
    ),
    NamedType(
        type="AWS::MWAA::Environment",
        what="Airflow (MWAA)",
        name="Name",
        attributes=_arn("airflow", "environment/"),
    ),
    NamedType(
        type="AWS::DMS::ReplicationConfig",
        what="DMS",
        attributes=_arn("dms", "replication-config:"),
    ),
    NamedType(
        type="AWS::QuickSight::DataSource",
        what="QuickSight",
        name="DataSourceId",
        attributes=_arn("quicksight", "datasource/"),
    ),
    NamedType(
        type="AWS::QuickSight::DataSet",
        what="QuickSight",
        name="DataSetId",
        attributes=_arn("quicksight", "dataset/"),
    ),
    NamedType(
        type="AWS::QuickSight::Dashboard",
        what="QuickSight dashboard",
        name="DashboardId",
        attributes=_arn("quicksight", "dashboard/"),
    ),
    NamedType(
        type="AWS::SageMaker::Model",
        what="SageMaker",
        name="ModelName",
        attributes=(("ModelName", "{id}"),),
    ),
)


def install(handlers: dict[str, dict[str, Callable[..., Any]]]) -> None:
    """Accept the types that nothing else handles."""
    for named in TYPES:
        handlers.setdefault(named.type, named_handler(named))


def named_handler(named: NamedType) -> dict[str, Callable[..., Any]]:
    """A CloudFormation handler that accepts a resource and records its name."""
    return {"create": _create(named), "update": _update(named), "delete": _forget}


def _create(named: NamedType) -> Callable[..., tuple[str, Attributes]]:
    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Attributes]:
        given = properties.get(named.name) if named.name else None
        identifier = str(given or f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}")
        record(identifier, {"type": named.type, "what": named.what, "stack": stack})
        return identifier, _attributes(named, identifier)

    return create


def _update(named: NamedType) -> Callable[..., tuple[str, Attributes]]:
    def update(
        identifier: str, old: Properties, new: Properties, stack: str
    ) -> tuple[str, Attributes]:
        return identifier, _attributes(named, identifier)

    return update


def _forget(identifier: str, properties: Properties) -> None:
    record(identifier, None)


def _attributes(named: NamedType, identifier: str) -> Attributes:
    values = {"id": identifier, "account": get_account_id(), "region": get_region()}
    return {name: value.format(**values) for name, value in (("Id", "{id}"), *named.attributes)}


def entry(identifier: str) -> dict[str, Any] | None:
    """What is listed under a name; None where nothing is."""
    with _lock:
        return _listed().get(identifier)


def record(identifier: str, entry: dict[str, Any] | None) -> None:
    """List something that does nothing, with `what` it is to a person, or take it off the list."""
    path = StateDir.current().by_name_only
    with _lock:
        entries = _listed()
        if entry is None:
            entries.pop(identifier, None)
        else:
            entries[identifier] = entry
        path.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")


def _listed() -> dict[str, dict[str, Any]]:
    path = StateDir.current().by_name_only
    listed: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return listed
