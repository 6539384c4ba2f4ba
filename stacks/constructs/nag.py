"""Acknowledging a cdk-nag rule on one resource, with the reason."""

from __future__ import annotations

from typing import Final

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

NAME: Final = "AwsSolutions"
"""As cdk-nag calls its pack of rules: acknowledgements are made out to this name."""


def acknowledge(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding (`AwsSolutions-L1`) on one resource."""
    Validations.of(resource).acknowledge(Acknowledgment(id=f"{NAME}::{rule}", reason=reason))
