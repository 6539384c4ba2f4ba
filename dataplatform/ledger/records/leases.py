"""Who may write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PIPELINE_LEASE: Final = "pipeline"
"""The lease that a run of the pipeline holds; its owner is the run id."""


def table_lease(table: str) -> str:
    """The lease under which one writer at a time publishes, compacts or replays a table."""
    return f"table:{table}"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to write, until `until` (epoch seconds); `token` grows with each new holding."""

    name: str
    owner: str
    token: int
    until: int
    note: str = ""
