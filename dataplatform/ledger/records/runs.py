"""Runs of the pipeline, and what each did."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dataplatform.ledger.records.times import iso

RunState = Literal["running", "succeeded", "failed"]
StepState = Literal["started", "done", "failed", "skipped"]


def new_run_id(moment: datetime) -> str:
    """Sortable by start: "2026-11-21T10:04:12Z-7f3a"."""
    return f"{iso(moment)}-{secrets.token_hex(2)}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of the pipeline; `input` is the JSON that it was started with."""

    run_id: str
    execution: str
    input: str
    state: RunState
    started_at: str
    ended_at: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that a run did, at a time to the microsecond; `counts` are figures to show."""

    run_id: str
    name: str
    at: str
    dataset: str = ""
    state: StepState = "done"
    detail: str = ""
    counts: dict[str, int] = field(default_factory=dict)
