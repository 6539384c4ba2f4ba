"""The compiled platform as one asset, named by its content."""

from __future__ import annotations

from constructs import Construct

from dataplatform.plans.model import PlatformPlan
from stacks.assets import text_file
from stacks.constructs.stored import StoredFile


class CompiledPlans(StoredFile):
    """Contracts and models, compiled once at synthesis: nothing at run time parses YAML or SQL."""

    def __init__(self, scope: Construct, construct_id: str, *, plan: PlatformPlan) -> None:
        self.plan = plan
        path = text_file(f"plans-{plan.stage}.json", plan.to_json())
        super().__init__(scope, construct_id, path)
