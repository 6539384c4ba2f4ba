"""cdk-nag's AwsSolutions rules, asked again only where a template or the stacks' source changed.

cdk-nag looks at constructs. What it finds in them depends on what becomes of them in the templates,
of one or of several, and on which rules the stacks' source acknowledges by cdk-nag's own way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import jsii
from aws_cdk import (
    App,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
)

from stacks.assets import ROOT
from stacks.constructs.findings import (
    HASH,
    Finding,
    Templates,
    Unread,
    about,
    resources,
    told,
    violation,
)
from stacks.constructs.nag import NAME
from stacks.constructs.wildcards import acknowledge_wildcards
from stacks.kept import Kept


@jsii.implements(IPolicyValidationPlugin)
class NagRules:
    """Stands in for `AwsSolutionsChecks`, and asks it where it must.

    Args:
        app: whose wildcards are acknowledged where a grant's owner accepted them.
        stage: whose findings are kept, of its last synthesis.
        templates: shared with the other rules.
    """

    def __init__(self, app: App, stage: str, templates: Templates) -> None:
        self._app = app
        self._templates = templates
        self._file = f"nag-{stage}.json"

    @property
    def name(self) -> str:
        """What the report calls it."""
        return NAME

    @property
    def version(self) -> str:
        """The pack comes with cdk-nag."""
        return version("cdk-nag")

    @property
    def rule_ids(self) -> None:
        """Told for the CDK's statistics alone."""

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """cdk-nag's findings, before the CDK takes out what is acknowledged."""
        found = self._findings(context)
        acknowledge_wildcards(
            self._app,
            ((f["rule_name"], place["construct_path"]) for f in found for place in f["places"]),
        )
        return PolicyValidationPluginReport(
            success=not found, violations=[violation(each, resources(each, None)) for each in found]
        )

    def _findings(self, context: IPolicyValidationContext) -> list[Finding]:
        kept = Kept(self._file, self._made_from(context))
        text = kept.read()
        if text is not None:
            known: list[Finding] = json.loads(text)
            return known
        found = _asked(context)
        text = json.dumps(found, indent=1)
        if not HASH.search(text):  # a finding that names an asset would outlive it
            kept.write(text)
        return found

    def _made_from(self, context: IPolicyValidationContext) -> str:
        made_from = hashlib.sha256(f"{version('aws-cdk-lib')} {self.version}".encode())
        for digest in self._templates.of(context):
            made_from.update(digest.encode())
        for source in _sources():
            made_from.update(hashlib.sha256(source.read_bytes()).digest())
        return made_from.hexdigest()


def _asked(context: IPolicyValidationContext) -> list[Finding]:
    from cdk_nag import AwsSolutionsChecks  # its import is a tenth of a synthesis that asks nothing

    return list(about(told(Unread(AwsSolutionsChecks(), context), context), None))


def _sources() -> Iterator[Path]:
    yield ROOT / "app.py"
    yield from sorted((ROOT / "stacks").rglob("*.py"))
