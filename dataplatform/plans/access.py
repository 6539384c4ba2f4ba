"""What each role that contracts name may use."""

from __future__ import annotations

from dataclasses import dataclass

from dataplatform.plans.model import PlatformPlan


@dataclass(frozen=True, kw_only=True)
class RoleAccess:
    """One role, over all contracts.

    reads: datasets whose contracts let it read. writes: those for which it may land files.
    models: gold models that are made of such datasets alone: what one dataset hides from a role, no
        model shows to it.
    warehouse: whether these are all models: who may ask the warehouse may ask it for any.
    """

    role: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    models: tuple[str, ...]
    warehouse: bool


def access_of(plan: PlatformPlan) -> tuple[RoleAccess, ...]:
    """Every role that some contract names, in alphabetical order."""
    named = {role for dataset in plan.datasets for role in (*dataset.readers, *dataset.writers)}
    return tuple(_access(plan, role) for role in sorted(named))


def _access(plan: PlatformPlan, role: str) -> RoleAccess:
    reads = {dataset.dataset for dataset in plan.datasets if role in dataset.readers}
    models = tuple(m.name for m in plan.models if m.datasets and reads.issuperset(m.datasets))
    return RoleAccess(
        role=role,
        reads=tuple(sorted(reads)),
        writes=tuple(sorted(d.dataset for d in plan.datasets if role in d.writers)),
        models=models,
        warehouse=bool(models) and len(models) == len(plan.models),
    )
