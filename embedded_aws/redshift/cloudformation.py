"""CloudFormation's AWS::RedshiftServerless::Namespace and ::Workgroup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from embedded_aws.redshift.control import ControlPlane, Record
from embedded_aws.redshift.errors import ApiError

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

_HIDDEN: Final = ("adminPasswordSecretArn", "adminPasswordSecretKmsKeyId")
_REPLACING: Final = {
    "namespace": ("NamespaceName", "DbName"),
    "workgroup": ("WorkgroupName", "NamespaceName"),
}


def handlers(plane: ControlPlane) -> dict[str, dict[str, Callable[..., Any]]]:
    """The two resource types, as MiniStack's provisioner wants them."""
    return {
        "AWS::RedshiftServerless::Namespace": _handlers(
            "namespace", plane.create_namespace, plane.update_namespace, plane.delete_namespace
        ),
        "AWS::RedshiftServerless::Workgroup": _handlers(
            "workgroup", plane.create_workgroup, plane.update_workgroup, plane.delete_workgroup
        ),
    }


def _handlers(
    kind: str,
    create: Callable[[Record], Record],
    update: Callable[[Record], Record],
    delete: Callable[[Record], Record],
) -> dict[str, Callable[..., Any]]:
    def on_create(logical_id: str, properties: Properties, stack: str) -> Created:
        return _created(kind, create(_request(properties)))

    def on_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
        for name in _REPLACING[kind]:
            if old.get(name) != new.get(name):
                raise ValueError(f"A change of {name} replaces the {kind}, not emulated here")
        return _created(kind, update(_request(new)))

    def on_delete(physical_id: str, properties: Properties) -> None:
        try:
            delete({f"{kind}Name": physical_id})
        except ApiError as error:
            if error.code != "ResourceNotFoundException":
                raise

    return {"create": on_create, "update": on_update, "delete": on_delete}


def _created(kind: str, record: Record) -> Created:
    """Ref is the name; Fn::GetAtt has `Namespace.NamespaceArn`, `Workgroup.Endpoint.Address`, …

    The administrator's secret is left out, as CloudFormation itself gives no attribute of it.
    """
    record = {key: value for key, value in record.items() if key not in _HIDDEN}
    prefix = kind.capitalize()
    attributes: dict[str, Any] = {prefix: {_upper(k): v for k, v in record.items()}}
    for key, value in record.items():
        attributes[f"{prefix}.{_upper(key)}"] = value
        if isinstance(value, dict):
            for inner, inner_value in value.items():
                attributes[f"{prefix}.{_upper(key)}.{_upper(inner)}"] = inner_value
    return str(record[f"{kind}Name"]), attributes


def _request(value: Any) -> Any:
    """CloudFormation's `NamespaceName` is the API's `namespaceName`, at every depth."""
    if isinstance(value, dict):
        return {_lower(key): _request(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_request(item) for item in value]
    # CloudFormation may hand numbers and booleans over as text.
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
