"""The CDK's own rules, asked again only when a template has changed.

The rules (`CloudFormation Validate`) run in an engine of WebAssembly, whose start and whose look at
nine templates are half of a synthesis's CPU time. Its findings depend on the templates, their
accounts and regions, and the CDK's version. What an asset holds it can't see: a template names an
asset by a hash, so hashes count as equal, and code that changes leaves the findings as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import (
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyValidationStack,
    PolicyViolatingResource,
    PolicyViolation,
)

from stacks.kept import Kept

NAME: Final = "CloudFormation Validate"
"""As the CDK calls it: acknowledgements are made out to this name."""

_HASH: Final = re.compile(rb"\b[0-9a-f]{64}\b")
_VIOLATION: Final = ("rule_name", "description", "severity", "fix", "rule_metadata")
_PLACE: Final = ("resource_logical_id", "construct_path", "locations")


@jsii.implements(IPolicyValidationPlugin)
class TemplateRules:
    """Stands in for the CDK's plugin, which the app leaves out, and asks it where it must.

    Args:
        stage: whose findings are kept, until templates of the same stage differ.
    """

    def __init__(self, stage: str) -> None:
        self._file = f"rules-{stage}.json"

    @property
    def name(self) -> str:
        """What the report calls it."""
        return NAME

    @property
    def version(self) -> str:
        """The rules come with the CDK's library."""
        return version("aws-cdk-lib")

    @property
    def rule_ids(self) -> None:
        """Told for the CDK's statistics alone, and known to a started engine."""

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """The CDK's findings in these templates."""
        stacks = context.stack_templates
        kept = Kept(self._file, _digest(self.version, stacks))
        told = kept.read()
        if told is None:
            report = CloudFormationValidatePlugin().validate(context)
            told = json.dumps([_told(violation) for violation in report.violations], indent=1)
            kept.write(told)
        paths = {Path(stack.template_path).name: stack.template_path for stack in stacks}
        violations = [_violation(each, paths) for each in json.loads(told)]
        failed = any(violation.severity in ("error", "fatal") for violation in violations)
        return PolicyValidationPluginReport(success=not failed, violations=violations)


def _digest(library: str, stacks: Sequence[PolicyValidationStack]) -> str:
    digest = hashlib.sha256(library.encode())
    for stack in stacks:
        template = _HASH.sub(b"#", Path(stack.template_path).read_bytes())
        name = Path(stack.template_path).name
        known = [name, stack.stack_construct_path, stack.account_id, stack.region, len(template)]
        digest.update(json.dumps(known).encode() + template)
    return digest.hexdigest()


def _told(violation: PolicyViolation) -> dict[str, Any]:
    places = [
        {
            "template": Path(place.template_path).name if place.template_path else None,
            **{name: getattr(place, name) for name in _PLACE},
        }
        for place in violation.violating_resources
    ]
    return {"places": places, **{name: getattr(violation, name) for name in _VIOLATION}}


def _violation(told: dict[str, Any], paths: dict[str, str]) -> PolicyViolation:
    places = [
        PolicyViolatingResource(
            template_path=paths.get(place["template"]), **{name: place[name] for name in _PLACE}
        )
        for place in told["places"]
    ]
    return PolicyViolation(violating_resources=places, **{name: told[name] for name in _VIOLATION})
