"""Weir's CDK app: a stage and its contracts become nine stacks.

cdk deploy --all -c stage=dev
"""

# ruff: noqa: E402  Node is prepared before the CDK's library is imported, which starts it

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping

from stacks import node, node_end

node.prepare()
if __name__ == "__main__":
    node_end.explain()
    gc.disable()  # what a synthesis makes is needed until it ends, seconds later

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly

from dataplatform.errors import WeirError
from stacks.assets import ROOT
from stacks.compilation import compiled
from stacks.constructs.findings import Templates
from stacks.constructs.nag_rules import NagRules
from stacks.constructs.template_rules import TemplateRules
from stacks.platform import CONTEXT_KEYS, add_platform
from stacks.switches import load_stage


def synthesize(app: App, *, rules: bool = True) -> CloudAssembly:
    """Synthesize the stage that the app's context names, checked by cdk-nag.

    Args:
        app: without the CDK's builtin validation.
        rules: hold its templates against the CDK's own rules, too.

    Raises:
        WeirError: InvalidConfiguration, InvalidContract or InvalidModel, with every problem.
    """
    stage = load_stage({key: app.node.try_get_context(key) for key in CONTEXT_KEYS}, root=ROOT)
    add_platform(app, stage=stage, plan=compiled(ROOT, stage.names))
    templates = Templates()
    Validations.of(app).add_plugins(NagRules(app, stage.name, templates))
    if rules:
        Validations.of(app).add_plugins(TemplateRules(stage.name, templates))
    return app.synth()


def asks_rules(environment: Mapping[str, str]) -> bool:
    """Whether the CDK would ask its own rules: `CDK_VALIDATION=false` leaves them out."""
    return environment.get("CDK_VALIDATION") != "false"


if __name__ == "__main__":
    try:
        app = App(builtin_cloud_formation_validation=False)  # TemplateRules stands in
        synthesize(app, rules=asks_rules(os.environ))
    except WeirError as error:
        sys.exit(f"{type(error).__name__}: {error}")
