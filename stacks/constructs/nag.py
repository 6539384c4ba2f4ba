"""Acknowledging a cdk-nag rule on one resource, with the reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding (`AwsSolutions-L1`) on one resource."""
    Validations.of(resource).acknowledge(Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))
