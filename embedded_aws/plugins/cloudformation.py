"""CloudFormation as CDK templates need it: missing attributes, properties that were dropped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from embedded_aws.plugins import by_name_only
from embedded_aws.plugins.encryption import default_encryption_xml

Provision = Callable[..., tuple[str, dict[str, Any]]]


def install() -> None:
    """Complete the handlers of known types and add those of types known by name only."""
    handlers = provisioners._RESOURCE_HANDLERS
    _complete(handlers, "AWS::EC2::VPC", _vpc)
    _complete(handlers, "AWS::S3::Bucket", _bucket)
    _delete_from_disk(handlers["AWS::S3::Bucket"])
    by_name_only.install(handlers)


def _complete(
    handlers: dict[str, Any],
    resource_type: str,
    complete: Callable[[str, dict[str, Any]], dict[str, Any]],
) -> None:
    """Let `complete(physical_id, properties)` add attributes after create and update."""
    handler = handlers[resource_type]
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: Any, *rest: Any) -> tuple[str, dict[str, Any]]:
        identifier, attributes = create(logical_id, properties, *rest)
        return identifier, attributes | complete(identifier, properties)

    def updated(identifier: str, old: Any, new: Any, *rest: Any) -> tuple[str, dict[str, Any]]:
        kept, attributes = update(identifier, old, new, *rest)
        return kept, attributes | complete(kept, new)

    handler["create"], handler["update"] = created, updated


def _vpc(identifier: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "CidrBlock": properties.get("CidrBlock", ""),
        "CidrBlockAssociations": [],
        "Ipv6CidrBlocks": [],
    }


def _bucket(identifier: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Tags (auto-delete looks for its own) and default encryption, which stock MiniStack drops."""
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}
    if tags:
        s3._bucket_tags[identifier] = tags
    encryption = properties.get("BucketEncryption")
    if encryption:
        s3._bucket_encryption[identifier] = default_encryption_xml(encryption)
    return {}


def _delete_from_disk(handler: dict[str, Any]) -> None:
    """Else the folders of a deleted bucket become a bucket again at the next start."""
    delete = handler["delete"]

    def deleted(bucket: str, properties: dict[str, Any]) -> None:
        delete(bucket, properties)
        s3._delete_persisted_bucket(bucket)
        versions = Path(s3.DATA_DIR, s3._VERSIONS_DIR, get_account_id(), bucket)
        shutil.rmtree(versions, ignore_errors=True)

    handler["delete"] = deleted
