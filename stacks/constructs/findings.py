"""Findings of a validation plugin as plain data, which a synthesis keeps for the next one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import PolicyValidationStack, PolicyViolatingResource, PolicyViolation

HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
"""An asset's name in a template."""

Finding = dict[str, Any]
"""Arguments of PolicyViolation, and `places` with those of its resources."""

_VIOLATION: Final = ("rule_name", "description", "severity", "fix", "rule_metadata")
_PLACE: Final = ("resource_logical_id", "construct_path", "locations")


def finding(violation: PolicyViolation, template: str | None) -> Finding | None:
    """A violation as far as it is about one template; None where it is about others alone.

    Args:
        template: its path, as the plugin was told it; None where the plugin names constructs.
    """
    places = [
        {name: getattr(place, name) for name in _PLACE}
        for place in violation.violating_resources
        if place.template_path == template
    ]
    return {"places": places, **{n: getattr(violation, n) for n in _VIOLATION}} if places else None


def resources(found: Finding, template: str | None) -> list[PolicyViolatingResource]:
    """The places of a finding, as its plugin told them."""
    return [PolicyViolatingResource(template_path=template, **place) for place in found["places"]]


def violation(
    found: Mapping[str, Any], places: Iterable[PolicyViolatingResource]
) -> PolicyViolation:
    """What the plugin found, at these places."""
    return PolicyViolation(
        violating_resources=list(places), **{name: found[name] for name in _VIOLATION}
    )


def digest(stack: PolicyValidationStack) -> str:
    """Names a template, its account and its region.

    What an asset holds no rule can see: a template names an asset by a hash, so hashes count as
    equal, and code that changes leaves the findings as they are.
    """
    template = HASH.sub("#", Path(stack.template_path).read_text())
    known = [stack.stack_construct_path, stack.account_id, stack.region, len(template)]
    return hashlib.sha256((json.dumps(known) + template).encode()).hexdigest()
