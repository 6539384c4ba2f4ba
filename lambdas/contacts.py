"""Whom a dataset's contract names, for messages about the dataset."""

from __future__ import annotations

from dataplatform.plans.model import SilverPlan


def whom_to_ask(plan: SilverPlan) -> list[str]:
    """The end of a message about a dataset: whom its contract names, if anybody."""
    return ["", f"Whose data it is: {plan.contact}"] if plan.contact else []
