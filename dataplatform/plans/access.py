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


@dataclass(frozen=True, kw_only=True)
class LostAccess:
    """What a role may use by a plan, and may not by the next, of what there still is.

    warehouse: it could ask the warehouse, which a gold model that it can't read has closed to it.
    """

    role: str
    reads: tuple[str, ...]
    models: tuple[str, ...]
    warehouse: bool


def lost_access(before: PlatformPlan, after: PlatformPlan) -> tuple[LostAccess, ...]:
    """Of each role that loses something, what: by its contracts, or by a model of others'."""
    left = {access.role: access for access in access_of(after)}
    datasets = {dataset.dataset for dataset in after.datasets}
    models = {model.name for model in after.models}
    found = []
    for old in access_of(before):
        new = left.get(old.role, _access(after, old.role))
        lost = LostAccess(
            role=old.role,
            reads=tuple(n for n in old.reads if n in datasets and n not in new.reads),
            models=tuple(n for n in old.models if n in models and n not in new.models),
            warehouse=old.warehouse and bool(models) and not new.warehouse,
        )
        if lost.reads or lost.models or lost.warehouse:
            found.append(lost)
    return tuple(found)
