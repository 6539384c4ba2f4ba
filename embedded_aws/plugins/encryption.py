"""Buckets encrypted with a KMS key: whoever reads or writes an object needs the key too.

MiniStack stores no ciphertext and asks nobody. A missing `kms:Decrypt` would therefore first be
noticed in AWS.
"""

from __future__ import annotations

from typing import Any, Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

_KMS: Final = "aws:kms"
_ALGORITHM_HEADER: Final = "x-amz-server-side-encryption"
_KEY_HEADER: Final = "x-amz-server-side-encryption-aws-kms-key-id"

_stock_checks = iam_actions.s3_additional_checks
_stock_policy = iam_evaluator._resource_policy
_stock_headers = s3._resolve_sse_write_headers


def install() -> None:
    """Check the key's grants beside the object's, and know the account's own key for S3."""
    iam_actions.s3_additional_checks = _checks
    iam_evaluator._resource_policy = _resource_policy
    s3._resolve_sse_write_headers = _write_headers


def default_encryption_xml(encryption: dict[str, Any]) -> str:
    """A template's `BucketEncryption` as S3's API stores and returns it."""
    rules = "".join(_rule_xml(r) for r in encryption["ServerSideEncryptionConfiguration"])
    return (
        f'<ServerSideEncryptionConfiguration xmlns="{s3.S3_NS}">{rules}'
        "</ServerSideEncryptionConfiguration>"
    )


def _rule_xml(rule: dict[str, Any]) -> str:
    default = rule.get("ServerSideEncryptionByDefault", {})
    key = default.get("KMSMasterKeyID")
    key_xml = f"<KMSMasterKeyID>{escape(key)}</KMSMasterKeyID>" if key else ""
    bucket_key = str(rule.get("BucketKeyEnabled", False)).lower()
    return (
        "<Rule><ApplyServerSideEncryptionByDefault>"
        f"<SSEAlgorithm>{escape(default.get('SSEAlgorithm', 'AES256'))}</SSEAlgorithm>{key_xml}"
        "</ApplyServerSideEncryptionByDefault>"
        f"<BucketKeyEnabled>{bucket_key}</BucketKeyEnabled></Rule>"
    )


def _write_headers(headers: dict[str, str], bucket: str) -> Any:
    """`aws:kms` without a key means the AWS managed key `aws/s3`."""
    if headers.get(_ALGORITHM_HEADER) == _KMS and not headers.get(_KEY_HEADER):
        managed = f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3"
        headers = {**headers, _KEY_HEADER: managed}
    return _stock_headers(headers, bucket)


def _checks(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> list[tuple[str, str]]:
    """Stock checks, then those of the bucket's key: `(action, resource)`."""
    checks = list(_stock_checks(method, path, headers, body, query))
    bucket, _, key = path.lstrip("/").partition("/")
    action = _object_action(method, query) if key else ""
    if not action:
        return checks
    checks += _key_checks(bucket, action)
    source = headers.get("x-amz-copy-source", "").lstrip("/").partition("/")[0]
    if source:
        checks += _key_checks(source, "kms:Decrypt")
    return checks


def _object_action(method: str, query: dict[str, Any]) -> str:
    """What S3 asks of the key on behalf of the caller; "" where it asks nothing."""
    if "tagging" in query or "acl" in query or "attributes" in query:
        return ""
    if method == "GET":
        return "" if "uploadId" in query else "kms:Decrypt"
    if method == "PUT" or (method == "POST" and "uploads" in query):
        return "kms:GenerateDataKey"
    # Completing a multipart upload reads its parts.
    return "kms:Decrypt" if method == "POST" and "uploadId" in query else ""


def _key_checks(bucket: str, action: str) -> list[tuple[str, str]]:
    key = bucket_key(bucket)
    return [(action, key)] if key else []


def bucket_key(bucket: str) -> str | None:
    """ARN of the customer's key that encrypts a bucket by default; None for a managed key."""
    configuration = s3._bucket_encryption.get(bucket)
    if not configuration:
        return None
    root = ElementTree.fromstring(configuration)
    identifier = next((e.text for e in root.iter() if e.tag.endswith("KMSMasterKeyID")), None)
    if not identifier or "alias/aws/" in identifier:
        return None
    if identifier.startswith("arn:"):
        return identifier
    return f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{identifier}"


def _resource_policy(service: str, resource: str) -> Any:
    """A key's own policy also counts where S3 asks on behalf of a caller."""
    is_key = service == "s3" and resource.startswith("arn:aws:kms:")
    return _stock_policy("kms" if is_key else service, resource)
