"""The CDK's own rules, asked again only about templates that have changed.

The rules (`CloudFormation Validate`) run in an engine of WebAssembly, whose start and whose look at
nine templates are half of a synthesis's CPU time. Its findings depend on the templates, their
accounts and regions, and the CDK's version. What an asset holds it can't see: a template names an
asset by a hash, so hashes count as equal, and code that changes leaves the findings as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

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
_Findings = list[dict[str, Any]]
"""Of one template: arguments of PolicyViolation, and `places` with those of its resources."""

_VIOLATION: Final = ("rule_name", "description", "severity", "fix", "rule_metadata")
_PLACE: Final = ("resource_logical_id", "construct_path", "locations")


@jsii.implements(IPolicyValidationPlugin)
class TemplateRules:
    """Stands in for the CDK's plugin, which the app leaves out, and asks it where it must.

    Args:
        stage: whose findings are kept, of the templates of its last synthesis.
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
        """The CDK's findings in these templates, those that it was asked about before included."""
        stacks = {_digest(stack): stack for stack in context.stack_templates}
        kept = Kept(self._file, self.version)
        known: dict[str, _Findings] = json.loads(kept.read() or "{}")
        changed = {digest: stack for digest, stack in stacks.items() if digest not in known}
        if changed:
            known |= _asked(changed)
            kept.write(json.dumps({digest: known[digest] for digest in stacks}, indent=1))
        violations = _violations([(known[digest], stack) for digest, stack in stacks.items()])
        failed = any(violation.severity in ("error", "fatal") for violation in violations)
        return PolicyValidationPluginReport(success=not failed, violations=violations)


@jsii.implements(IPolicyValidationContext)
class _Changed:
    """What the CDK's plugin looks at of a context."""

    def __init__(self, stacks: Sequence[PolicyValidationStack]) -> None:
        self._stacks = list(stacks)

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        return self._stacks

    @property
    def template_paths(self) -> list[str]:
        return [stack.template_path for stack in self._stacks]


def _asked(stacks: Mapping[str, PolicyValidationStack]) -> dict[str, _Findings]:
    """The CDK's findings in some templates, by digest."""
    context = cast(IPolicyValidationContext, _Changed(list(stacks.values())))
    violations = CloudFormationValidatePlugin().validate(context).violations
    return {
        digest: [found for each in violations if (found := _found(each, stack.template_path))]
        for digest, stack in stacks.items()
    }


def _found(violation: PolicyViolation, template: str) -> dict[str, Any] | None:
    """A finding as far as it is about one template."""
    places = [
        {name: getattr(place, name) for name in _PLACE}
        for place in violation.violating_resources
        if place.template_path == template
    ]
    return {"places": places, **{n: getattr(violation, n) for n in _VIOLATION}} if places else None


def _violations(known: Iterable[tuple[_Findings, PolicyValidationStack]]) -> list[PolicyViolation]:
    """As the CDK reports: the same finding of many templates once, with all its places."""
    told: dict[str, dict[str, Any]] = {}
    places: dict[str, list[PolicyViolatingResource]] = {}
    for findings, stack in known:
        for found in findings:
            same = json.dumps([found["rule_name"], found["severity"], found["description"]])
            told.setdefault(same, {name: found[name] for name in _VIOLATION})
            places.setdefault(same, []).extend(
                PolicyViolatingResource(template_path=stack.template_path, **place)
                for place in found["places"]
            )
    return [PolicyViolation(violating_resources=places[same], **told[same]) for same in told]


def _digest(stack: PolicyValidationStack) -> str:
    template = _HASH.sub(b"#", Path(stack.template_path).read_bytes())
    known = [stack.stack_construct_path, stack.account_id, stack.region, len(template)]
    return hashlib.sha256(json.dumps(known).encode() + template).hexdigest()
