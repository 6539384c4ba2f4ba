"""In what the sources of one dataset differ, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.model import Contract, Server

_OTHERS = ""
"""Every stage that has no server of its own."""


def server_differences(old: Contract, new: Contract) -> Iterator[Difference]:
    """Where a stage's records come from, wherever that changes; told once where it is the same
    change on every stage."""
    stages = sorted({server.environment for server in (*old.servers, *new.servers)} | {_OTHERS})
    compared = {stage: (_used(old, stage), _used(new, stage)) for stage in stages}
    changes = {stage: pair for stage, pair in compared.items() if pair[0] != pair[1]}
    if len(changes) == len(stages) and len(set(changes.values())) == 1:
        changes = {_OTHERS: changes[stages[0]]}
        stages = [_OTHERS]
    for stage, (before, after) in changes.items():
        yield _difference(before, after, _where(stage, alone=len(stages) == 1))


def _used(contract: Contract, stage: str) -> Server | None:
    """The server of a stage, whatever environment it is written for."""
    found = contract.server_of(stage)
    return replace(found, environment="") if found else None


def _difference(before: Server | None, after: Server | None, where: str) -> Difference:
    if after is None:
        return Difference(
            weight=Weight.BREAKING,
            what=f"comes from nowhere{where}, before {_named(before)}",
            why="without a server it can't be deployed there",
        )
    if before is None:
        return Difference(weight=Weight.ADDITIVE, what=f"comes from {_named(after)}{where}")
    same = _named(before) == _named(after)
    return Difference(
        weight=Weight.COMPATIBLE,
        what=f"server changed{where}: {_options(before, after)}"
        if same
        else f"comes from {_named(after)}{where}, before {_named(before)}",
        why="what has landed stays",
    )


def _where(stage: str, *, alone: bool) -> str:
    if stage:
        return f" on stage {stage}"
    return "" if alone else " on other stages"


def _named(server: Server | None) -> str:
    return f"{server.kind} ({server.format})" if server else "nowhere"


def _options(before: Server, after: Server) -> str:
    """`limit 500 → 1000`, for each option that differs."""
    old, new = dict(before.options), dict(after.options)
    return ", ".join(
        f"{name} {old.get(name) or 'nothing'} → {new.get(name) or 'nothing'}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )
