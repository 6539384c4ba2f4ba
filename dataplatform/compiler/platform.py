"""Contracts and models to one `PlatformPlan`; runs at synth only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from dataplatform.compiler.gates import rule_problems
from dataplatform.compiler.gold import gold_models
from dataplatform.compiler.live import live_models
from dataplatform.compiler.silver import silver_plan
from dataplatform.compiler.summary import summary_models
from dataplatform.contracts.loader import load
from dataplatform.errors import InvalidModel
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from dataplatform.render.redshift import warehouse_setup

_WHY = "It can't be built or shown, so nothing was synthesized."


def compile_platform(root: Path, names: Names, *, strict: bool = True) -> PlatformPlan:
    """Compile `contracts/` and `models/` below a project's root for one stage.

    The same files give the same plan, byte for byte; its `digest` tells one plan from another.

    Args:
        strict: as `contracts.parser.parse` takes it.

    Raises:
        InvalidContract: with every problem of every contract.
        InvalidModel: with every problem of every model.
    """
    contracts = load(root, rule_problems, strict=strict)
    datasets = tuple(silver_plan(contract, names) for contract in contracts)
    models, problems = gold_models(root, datasets, names)
    if problems:  # of models that lack, summaries and live models would complain a second time
        raise InvalidModel(problems, why=_WHY)
    summaries, problems = summary_models(root, models)
    live, more = live_models(root, datasets, models)
    if problems or more:
        raise InvalidModel(problems + more, why=_WHY)
    plan = PlatformPlan(
        stage=names.stage,
        digest="",
        datasets=datasets,
        models=models,
        summaries=summaries,
        warehouse_setup=warehouse_setup(models),
        live=live,
    )
    return replace(plan, digest=hashlib.sha256(plan.to_json().encode()).hexdigest())
