"""Findings of a validation plugin as plain data, which a synthesis keeps for the next one."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyValidationStack,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
)

HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
"""An asset's name in a template."""

Finding = dict[str, Any]
"""Arguments of PolicyViolation, and `places` with those of its resources."""

_VIOLATION: Final = {
    "rule_name": "ruleName",
    "description": "description",
    "severity": "severity",
    "fix": "fix",
    "rule_metadata": "ruleMetadata",
}
_PLACE: Final = {
    "resource_logical_id": "resourceLogicalId",
    "construct_path": "constructPath",
    "locations": "locations",
}
"""As Python's classes take them, and as the CDK's own process names them."""


class Unread:
    """A plugin's report as an object of the CDK's process that nobody here has looked into.

    `validate` itself asks for each attribute: 1,700 messages for what cdk-nag finds.
    """

    __jsii_type__: Final = "Object"

    def __init__(self, plugin: IPolicyValidationPlugin, context: IPolicyValidationContext) -> None:
        invoke = inspect.unwrap(type(jsii.kernel).invoke)  # without what reads the answer
        self.__jsii_ref__ = invoke(jsii.kernel, plugin, "validate", [context])


def told(
    report: PolicyValidationPluginReport | Unread, context: IPolicyValidationContext
) -> list[Mapping[str, Any]]:
    """The violations that a plugin in the CDK's process reports, with its names for what they say.

    Args:
        context: as the plugin was given it, of an app whose children are stacks.
    """
    stack = Stack.of(context.app_construct.node.children[0])
    violations: list[Mapping[str, Any]] = stack.resolve(report)["violations"]
    return violations


def about(violations: Iterable[Mapping[str, Any]], template: str | None) -> Iterator[Finding]:
    """Of violations as `told` what is about one template.

    Args:
        template: its path, as the plugin was told it; None where the plugin names constructs.
    """
    for violation in violations:
        places = [
            {name: place.get(theirs) for name, theirs in _PLACE.items()}
            for place in violation["violatingResources"]
            if place.get("templatePath") == template
        ]
        if places:
            said = {name: violation.get(theirs) for name, theirs in _VIOLATION.items()}
            yield {"places": places, **said}


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


class Templates:
    """The templates of a synthesis by their digests, read once for all plugins."""

    def __init__(self) -> None:
        self._read: dict[str, PolicyValidationStack] = {}

    def of(self, context: IPolicyValidationContext) -> Mapping[str, PolicyValidationStack]:
        """In the order in which the plugins are told of them; each costs eight messages."""
        if not self._read:
            self._read = {_digest(stack): stack for stack in context.stack_templates}
        return self._read


def _digest(stack: PolicyValidationStack) -> str:
    """Names a template, its account and its region.

    What an asset holds no rule can see: a template names an asset by a hash, so hashes count as
    equal, and code that changes leaves the findings as they are.
    """
    template = HASH.sub("#", Path(stack.template_path).read_text())
    known = [stack.stack_construct_path, stack.account_id, stack.region, len(template)]
    return hashlib.sha256((json.dumps(known) + template).encode()).hexdigest()
