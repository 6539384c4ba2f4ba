"""What S3 says has landed becomes due, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import LandedObject, iso
from dataplatform.plans.model import PlatformPlan
from lambdas.registration import take_note


def register(ledger: Ledger, plan: PlatformPlan, event: dict[str, Any]) -> str:
    """Register the object of one EventBridge event; says what was done.

    What `ingest_api` has pulled is left to it: it registers its object in the transaction that
    moves its cursor. If this function registered it too, then a pull that died between the two
    would leave an object that counts and a cursor that stands still, and the next pull would land
    the same records again.

    Returns:
        As `take_note`, or "ignored" (not the event of a new object).
    """
    if event.get("detail-type") != "Object Created":
        return "ignored"
    return take_note(ledger, plan, landed_from(event, plan))


def landed_from(event: dict[str, Any], plan: PlatformPlan) -> LandedObject:
    """The object that an "Object Created" event describes; its key isn't URL-encoded."""
    detail = event["detail"]
    described = detail["object"]
    return LandedObject(
        dataset=plan.claimant(described["key"]),
        bucket=detail["bucket"]["name"],
        key=described["key"],
        version=described.get("version-id", ""),
        size=int(described.get("size", 0)),
        checksum=described.get("etag", "").strip('"'),
        arrived_at=iso(datetime.fromisoformat(event["time"])),
    )
