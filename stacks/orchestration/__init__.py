"""Orchestration: the pipeline, the maintenance and the backfill, as state machines."""

from __future__ import annotations

from stacks.orchestration.stack import OrchestrationStack

__all__ = ["OrchestrationStack"]
