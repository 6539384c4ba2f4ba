"""What landing has and nobody told of: an event that was lost, or that was never sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import LandedObject, iso
from dataplatform.plans.model import PlatformPlan
from lambdas.registration import take_note

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MINUTES: Final = 30
"""How long an event may be on its way: younger objects are left to it."""

DAYS: Final = 7
"""How far back a sweep looks by itself: a week of failed sweeps loses nothing."""


def sweep(
    ledger: Ledger,
    plan: PlatformPlan,
    s3: S3Client,
    bucket: str,
    *,
    now: datetime,
    days: int = DAYS,
    minutes: int = MINUTES,
) -> dict[str, int]:
    """Register each object version of landing that the ledger doesn't know.

    The whole bucket is listed, since S3 lists by key and not by time: a thousand versions a
    request. The ledger is asked only for those that are young enough.

    Args:
        days, minutes: the greatest and the least age of an object that counts.

    Returns:
        {"listed", "looked_at", "registered"}: versions; what was registered was missing.
    """
    oldest, youngest = now - timedelta(days=days), now - timedelta(minutes=minutes)
    counts = {"listed": 0, "looked_at": 0, "registered": 0}
    for landed, at in _versions(s3, bucket, plan):
        counts["listed"] += 1
        if not oldest <= at <= youngest:
            continue
        counts["looked_at"] += 1
        if ledger.is_registered(landed.bucket, landed.key, landed.version):
            continue
        if take_note(ledger, plan, landed) in ("registered", "unclaimed"):
            counts["registered"] += 1
    return counts


def _versions(
    s3: S3Client, bucket: str, plan: PlatformPlan
) -> Iterator[tuple[LandedObject, datetime]]:
    """Every version that has bytes, and when it landed."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            at = version["LastModified"]
            landed = LandedObject(
                dataset=plan.claimant(version["Key"]),
                bucket=bucket,
                key=version["Key"],
                version=version["VersionId"],
                size=version["Size"],
                checksum=version["ETag"].strip('"'),
                arrived_at=iso(at),
            )
            yield landed, at
