"""The contracts of the working tree beside those of its base: what differs, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.contracts.base import Base, stage_of
from dataplatform.compiler.gold_differences import GoldDifference, gold_differences
from dataplatform.compiler.lineage import Lineage, Reader
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.differences.datasets import Changed
from dataplatform.contracts.differences.unannounced import problems
from dataplatform.contracts.model import Contract
from dataplatform.errors import InvalidInput, Problem
from dataplatform.naming import Names
from dataplatform.plans.access import LostAccess, lost_access


@dataclass(frozen=True)
class Comparison:
    """The working tree beside its base.

    readers: of each dataset's column, by the name that the base gives it.
    """

    base: str
    changes: tuple[Changed, ...]
    readers: dict[tuple[str, str], tuple[Reader, ...]]
    models: tuple[GoldDifference, ...]
    lost: tuple[LostAccess, ...]
    problems: tuple[Problem, ...]


def compare(
    root: Path, base: Base, contracts: Sequence[Contract], changes: Sequence[Changed]
) -> Comparison:
    """Who is affected, what becomes of gold, and what must not be deployed.

    Args:
        root: the working tree, whose contracts these are.
    """
    lineage = Lineage(base.plan) if base.plan is not None else None
    readers = {
        (change.dataset, each.before): lineage.readers(change.dataset, each.before)
        for change in changes
        for each in change.differences
        if lineage is not None and each.before and each.weight
    }
    found = list(problems(root, changes))
    models: tuple[GoldDifference, ...] = ()
    lost: tuple[LostAccess, ...] = ()
    try:
        plan = compile_platform(root, Names(base.stage or stage_of(contracts)))
        if base.plan:
            models = gold_differences(base.plan.models, plan.models)
            lost = lost_access(base.plan, plan)
    except InvalidInput as error:  # a model that still reads the old name, mostly
        found += error.problems
    return Comparison(base.name, tuple(changes), readers, models, lost, tuple(found))
