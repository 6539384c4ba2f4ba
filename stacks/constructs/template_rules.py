"""The CDK's own rules, asked again only about templates that have changed.

The rules (`CloudFormation Validate`) run in an engine of WebAssembly, whose start takes about a
second of CPU time. Its findings depend on the templates, their accounts and regions, and the CDK's
version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Final, cast

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

from stacks.constructs.findings import Finding, Templates, about, resources, told, violation
from stacks.kept import Kept

NAME: Final = "CloudFormation Validate"
"""As the CDK calls it: acknowledgements are made out to this name."""


@jsii.implements(IPolicyValidationPlugin)
class TemplateRules:
    """Stands in for the CDK's plugin, which the app leaves out, and asks it where it must.

    Args:
        stage: whose findings are kept, of the templates of its last synthesis.
        templates: shared with the other rules.
    """

    def __init__(self, stage: str, templates: Templates) -> None:
        self._templates = templates
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
        templates = self._templates.of(context)
        kept = Kept(self._file, self.version)
        known: dict[str, list[Finding]] = json.loads(kept.read() or "{}")
        changed = {key: stack for key, stack in templates.items() if key not in known}
        if changed:
            known |= _asked(changed, context)
            kept.write(json.dumps({key: known[key] for key in templates}, indent=1))
        violations = _violations([(known[key], stack) for key, stack in templates.items()])
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


def _asked(
    stacks: Mapping[str, PolicyValidationStack], context: IPolicyValidationContext
) -> dict[str, list[Finding]]:
    """The CDK's findings in some of a context's templates, by digest."""
    changed = cast(IPolicyValidationContext, _Changed(list(stacks.values())))
    violations = told(CloudFormationValidatePlugin().validate(changed), context)
    return {key: list(about(violations, stack.template_path)) for key, stack in stacks.items()}


def _violations(
    known: Iterable[tuple[list[Finding], PolicyValidationStack]],
) -> list[PolicyViolation]:
    """As the CDK reports: the same finding of many templates once, with all its places."""
    told: dict[str, Finding] = {}
    places: dict[str, list[PolicyViolatingResource]] = {}
    for findings, stack in known:
        for found in findings:
            same = json.dumps([found["rule_name"], found["severity"], found["description"]])
            told.setdefault(same, found)
            places.setdefault(same, []).extend(resources(found, stack.template_path))
    return [violation(found, places[same]) for same, found in told.items()]
