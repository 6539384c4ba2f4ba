"""The control plane's state: namespaces, workgroups and usage limits, with their rules."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import secretsmanager

from embedded_aws.redshift.engine.database import Databases
from embedded_aws.redshift.errors import ApiError, not_found

Record = dict[str, Any]

_NAMESPACE_FIELDS: Final = (
    *("adminUsername", "dbName", "defaultIamRoleArn", "kmsKeyId", "adminPasswordSecretKmsKeyId"),
    *("iamRoles", "logExports"),
)
_WORKGROUP_FIELDS: Final = (
    *(
        "baseCapacity",
        "maxCapacity",
        "enhancedVpcRouting",
        "publiclyAccessible",
        "securityGroupIds",
    ),
    *("subnetIds", "configParameters", "port", "ipAddressType", "trackName"),
    *("pricePerformanceTarget", "extraComputeForAutomaticOptimization"),
)
_DEFAULT_CAPACITY: Final = 128
_CAPACITIES: Final = range(4, 1025)


class ControlPlane:
    """Namespaces, workgroups and usage limits of all accounts and regions."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.namespaces = AccountRegionScopedDict()
        self.workgroups = AccountRegionScopedDict()
        self.usage_limits = AccountRegionScopedDict()
        self.tags = AccountRegionScopedDict()

    # Namespaces

    def create_namespace(self, request: Mapping[str, Any]) -> Record:
        """Make a namespace; with `manageAdminPassword` also the administrator's secret."""
        name = request["namespaceName"]
        if name in self.namespaces:
            raise ApiError("ConflictException", f"Namespace {name} already exists.")
        identifier = str(uuid.uuid4())
        record: Record = {
            "adminUsername": "admin",
            "dbName": "dev",
            "iamRoles": [],
            "logExports": [],
            "kmsKeyId": "AWS_OWNED_KMS_KEY",
            **_chosen(request, _NAMESPACE_FIELDS),
            "namespaceName": name,
            "namespaceId": identifier,
            "namespaceArn": _arn("namespace", identifier),
            "status": "AVAILABLE",
            "creationDate": _now(),
        }
        if request.get("manageAdminPassword"):
            if request.get("adminUserPassword"):
                raise _invalid("adminUserPassword and manageAdminPassword exclude each other.")
            record["adminPasswordSecretArn"] = _administrator_secret(record)
        self.namespaces[name] = record
        self._tag(record["namespaceArn"], request)
        return record

    def namespace(self, name: str) -> Record:
        """The namespace of that name."""
        if (record := self.namespaces.get(name)) is None:
            raise not_found("namespace", name)
        return dict(record)

    def update_namespace(self, request: Mapping[str, Any]) -> Record:
        """Change roles, keys, log exports; the database keeps its name."""
        record = self.namespace(request["namespaceName"])
        changes = _chosen(request, _NAMESPACE_FIELDS)
        changes.pop("dbName", None)
        if request.get("manageAdminPassword") and "adminPasswordSecretArn" not in record:
            changes["adminPasswordSecretArn"] = _administrator_secret({**record, **changes})
        self.namespaces[record["namespaceName"]] = {**record, **changes}
        return self.namespace(record["namespaceName"])

    def delete_namespace(self, request: Mapping[str, Any]) -> Record:
        """Delete a namespace, its secret and its data; workgroups go first."""
        record = self.namespace(request["namespaceName"])
        name = record["namespaceName"]
        used = [w["workgroupName"] for w in self.workgroups.values() if w["namespaceName"] == name]
        if used:
            raise ApiError("ConflictException", f"Namespace {name} has workgroup {used[0]}.")
        del self.namespaces[name]
        self.tags.pop(record["namespaceArn"], None)
        if arn := record.get("adminPasswordSecretArn"):
            secretsmanager.delete_secret_in_process(arn)
        self.databases.delete(record["namespaceId"])
        return {**record, "status": "DELETING"}

    # Workgroups

    def create_workgroup(self, request: Mapping[str, Any]) -> Record:
        """Make a workgroup on a namespace that has none."""
        name = request["workgroupName"]
        if name in self.workgroups:
            raise ApiError("ConflictException", f"Workgroup {name} already exists.")
        namespace = self.namespace(request["namespaceName"])["namespaceName"]
        if any(other["namespaceName"] == namespace for other in self.workgroups.values()):
            raise ApiError("ConflictException", f"Namespace {namespace} has a workgroup already.")
        identifier = str(uuid.uuid4())
        record: Record = {
            "baseCapacity": _DEFAULT_CAPACITY,
            "enhancedVpcRouting": False,
            "publiclyAccessible": False,
            "securityGroupIds": [],
            "subnetIds": [],
            "configParameters": [],
            "port": 5439,
            **_checked_capacity(_chosen(request, _WORKGROUP_FIELDS)),
            "workgroupName": name,
            "namespaceName": namespace,
            "workgroupId": identifier,
            "workgroupArn": _arn("workgroup", identifier),
            "status": "AVAILABLE",
            "creationDate": _now(),
            "workgroupVersion": "1.0.0",
        }
        host = f"{name}.{get_account_id()}.{get_region()}.redshift-serverless.amazonaws.com"
        record["endpoint"] = {"address": host, "port": record["port"], "vpcEndpoints": []}
        self.workgroups[name] = record
        self._tag(record["workgroupArn"], request)
        return record

    def workgroup(self, name: str) -> Record:
        """The workgroup of that name."""
        if (record := self.workgroups.get(name)) is None:
            raise not_found("workgroup", name)
        return dict(record)

    def update_workgroup(self, request: Mapping[str, Any]) -> Record:
        """Change capacity, network, parameters."""
        record = self.workgroup(request["workgroupName"])
        changes = _checked_capacity(_chosen(request, _WORKGROUP_FIELDS))
        self.workgroups[record["workgroupName"]] = {**record, **changes}
        return self.workgroup(record["workgroupName"])

    def delete_workgroup(self, request: Mapping[str, Any]) -> Record:
        """Delete a workgroup; the namespace keeps the data."""
        record = self.workgroup(request["workgroupName"])
        del self.workgroups[record["workgroupName"]]
        self.tags.pop(record["workgroupArn"], None)
        for limit in self.usage_limits.values():
            if limit["resourceArn"] == record["workgroupArn"]:
                del self.usage_limits[limit["usageLimitId"]]
        return {**record, "status": "DELETING"}

    # Usage limits

    def create_usage_limit(self, request: Mapping[str, Any]) -> Record:
        """Note a limit; it is never reached here, as nothing here costs anything."""
        if not any(w["workgroupArn"] == request["resourceArn"] for w in self.workgroups.values()):
            raise not_found("workgroup", request["resourceArn"])
        identifier = str(uuid.uuid4())
        record = {
            "amount": int(request["amount"]),
            "breachAction": request.get("breachAction", "log"),
            "period": request.get("period", "monthly"),
            "resourceArn": request["resourceArn"],
            "usageType": request["usageType"],
            "usageLimitId": identifier,
            "usageLimitArn": _arn("usagelimit", identifier),
        }
        same = [
            limit
            for limit in self.usage_limits.values()
            if all(limit[key] == record[key] for key in ("resourceArn", "usageType", "period"))
        ]
        if same:
            raise ApiError("ConflictException", "A usage limit of that type and period exists.")
        self.usage_limits[identifier] = record
        return record

    def usage_limit(self, identifier: str) -> Record:
        """The usage limit of that id."""
        if (record := self.usage_limits.get(identifier)) is None:
            raise not_found("usage limit", identifier)
        return dict(record)

    def update_usage_limit(self, request: Mapping[str, Any]) -> Record:
        """Change amount or breach action."""
        record = self.usage_limit(request["usageLimitId"])
        self.usage_limits[record["usageLimitId"]] = {
            **record,
            **_chosen(request, ("amount", "breachAction")),
        }
        return self.usage_limit(record["usageLimitId"])

    def delete_usage_limit(self, request: Mapping[str, Any]) -> Record:
        """Delete a usage limit."""
        record = self.usage_limit(request["usageLimitId"])
        del self.usage_limits[record["usageLimitId"]]
        return record

    # Tags and state

    def set_tags(self, arn: str, change: Callable[[dict[str, str]], object]) -> None:
        """Apply a change to the tags of a resource that exists."""
        current = self.tags_of(arn)
        change(current)
        self.tags[arn] = current

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of a resource that exists."""
        records = (*self.namespaces.values(), *self.workgroups.values())
        if not any(arn in (r.get("namespaceArn"), r.get("workgroupArn")) for r in records):
            raise not_found("resource", arn)
        return dict(self.tags.get(arn, {}))

    def _tag(self, arn: str, request: Mapping[str, Any]) -> None:
        self.tags[arn] = {tag["key"]: tag["value"] for tag in request.get("tags") or []}

    def state(self) -> dict[str, Any]:
        """Everything that a restart must find again."""
        return {name: getattr(self, name) for name in _STORES}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        for name in _STORES:
            getattr(self, name).update(state.get(name, {}))

    def clear(self) -> None:
        """Forget everything, data included."""
        for record in self.namespaces.all_values():
            self.databases.delete(record["namespaceId"])
        for name in _STORES:
            getattr(self, name).clear()


_STORES: Final = ("namespaces", "workgroups", "usage_limits", "tags")


def _chosen(request: Mapping[str, Any], names: tuple[str, ...]) -> Record:
    return {name: request[name] for name in names if request.get(name) is not None}


def _checked_capacity(fields: Record) -> Record:
    for name in ("baseCapacity", "maxCapacity"):
        if name in fields and int(fields[name]) not in _CAPACITIES:
            raise _invalid(f"{name} must be between 4 and 1024 RPU.")
    return fields


def _administrator_secret(namespace: Record) -> str:
    name = f"redshift!{namespace['namespaceName']}-{namespace['adminUsername']}"
    value = json.dumps(
        {"username": namespace["adminUsername"], "password": secrets.token_urlsafe(24)}
    )
    arn = secretsmanager.create_secret_in_process(
        name, value, f"Administrator of Redshift Serverless namespace {namespace['namespaceName']}"
    )
    if arn is None:
        raise ApiError("ConflictException", f"Secret {name} already exists.")
    return str(arn)


def _arn(kind: str, identifier: str) -> str:
    account, region = get_account_id(), get_region()
    return f"arn:aws:redshift-serverless:{region}:{account}:{kind}/{identifier}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)
