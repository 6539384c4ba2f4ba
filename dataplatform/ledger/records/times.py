"""Times as the ledger writes them, and how long ago they were."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """UTC to the second, so that times compare as text: "2026-11-21T10:04:12Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age_of(arrived: str, now: datetime) -> int:
    """Seconds since an ISO 8601 time; none where a clock runs ahead."""
    return max(0, round((now - datetime.fromisoformat(arrived)).total_seconds()))
