"""Custom resources: a function that fails says so at once, and buckets are emptied in process."""

from __future__ import annotations

import logging
from typing import Any, Final

from ministack.services import lambda_svc, s3
from ministack.services.cloudformation import custom_resource, provisioners

logger = logging.getLogger("weir.cloudformation")

_stock_execute = lambda_svc._execute_function_with_config_scope
_AUTO_DELETE: Final = "Custom::S3AutoDeleteObjects"


def install() -> None:
    """Don't wait an hour for an answer that can't come any more."""
    lambda_svc._execute_function_with_config_scope = _execute
    # CDK's own handler needs a JavaScript SDK of 10 MB to do these few lines.
    provisioners._RESOURCE_HANDLERS[_AUTO_DELETE] = {
        "create": lambda logical_id, properties, stack: (f"{stack}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack: (physical_id, {}),
        "delete": _empty_bucket,
    }


def _execute(func: dict[str, Any], event: Any) -> dict[str, Any]:
    """AWS waits until the service timeout; the outcome is the same, an hour later."""
    result: dict[str, Any] = _stock_execute(func, event)
    if result.get("error") and isinstance(event, dict) and "ResponseURL" in event:
        error = result.get("body") or {}
        name = (func.get("config") or func).get("FunctionName", "")
        reason = f"{name} failed: {error.get('errorType')}: {error.get('errorMessage')}"
        token = event["ResponseURL"].rpartition("/")[2]
        custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": reason})
    return result


def _empty_bucket(physical_id: str, properties: dict[str, Any]) -> None:
    """Delete every version of every object, where the bucket still allows it by its tag."""
    bucket = properties.get("BucketName", "")
    if (s3._bucket_tags.get(bucket) or {}).get("aws-cdk:auto-delete-objects") != "true":
        return
    for name, key in list(s3._object_versions):
        if name == bucket:
            for version in list(s3._object_versions.get((name, key)) or []):
                s3._delete_object(bucket, key, {}, {"versionId": [version["version_id"]]})
    for key in list((s3._buckets.get(bucket) or {}).get("objects", {})):
        s3._delete_object(bucket, key, {}, {})
    logger.info("emptied %s", bucket)
