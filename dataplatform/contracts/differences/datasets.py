"""In what two versions of a project's contracts differ, dataset by dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dataplatform.contracts.differences.columns import column_differences, paired
from dataplatform.contracts.differences.difference import Difference, Weight
from dataplatform.contracts.differences.servers import server_differences
from dataplatform.contracts.model import Contract, ServiceLevel
from dataplatform.contracts.versions import goes_back, raises_major

_LEAVING = ("deprecated", "retired")


@dataclass(frozen=True)
class Changed:
    """One dataset that differs; one side is None where it is new or gone."""

    before: Contract | None
    after: Contract | None
    differences: tuple[Difference, ...]

    @property
    def dataset(self) -> str:
        """Its name."""
        return self._any.dataset

    @property
    def file(self) -> str:
        """Its contract, below the project's root."""
        return self._any.file

    @property
    def weight(self) -> Weight:
        """That of its heaviest difference."""
        return max((each.weight for each in self.differences), default=Weight.NONE)

    @property
    def announced(self) -> bool:
        """Whether readers are told that they may break: by a major version, or for a dataset that
        goes by the status deprecated or retired."""
        if self.before is None:
            return True
        if self.after is None:
            return self.before.status in _LEAVING
        return raises_major(self.before.version, self.after.version)

    @property
    def goes_back(self) -> bool:
        """Whether its version is lower than before."""
        both = self.before is not None and self.after is not None
        return both and goes_back(self.before.version, self.after.version)  # type: ignore[union-attr]

    @property
    def _any(self) -> Contract:
        contract = self.after or self.before
        assert contract is not None
        return contract


def changed(before: Sequence[Contract], after: Sequence[Contract]) -> tuple[Changed, ...]:
    """Datasets that differ, by name."""
    old = {contract.dataset: contract for contract in before}
    new = {contract.dataset: contract for contract in after}
    found = (
        Changed(old.get(name), new.get(name), tuple(differences(old.get(name), new.get(name))))
        for name in sorted(old.keys() | new.keys())
    )
    return tuple(each for each in found if each.differences or each.goes_back)


def differences(old: Contract | None, new: Contract | None) -> Iterator[Difference]:
    """Everything in which one dataset differs."""
    if old is None and new is not None:
        what = f"new, {len(new.columns)} columns"
        yield Difference(weight=Weight.ADDITIVE, what=what, why="its tables are made")
    elif new is None and old is not None:
        why = "nothing of it is ingested any more; its tables stay as they are"
        yield Difference(weight=Weight.BREAKING, what="gone", why=why)
    elif old is not None and new is not None:
        yield from column_differences(old, new)
        yield from _of_the_table(old, new)
        yield from _of_the_promise(old, new)


def _of_the_table(old: Contract, new: Contract) -> Iterator[Difference]:
    now = {a.name: b.name for a, b in paired(old, new) if a is not None and b is not None}
    key = tuple(now.get(name, name) for name in old.primary_key)
    if key != new.primary_key:
        yield Difference(
            weight=Weight.BREAKING,
            what=f"key {_listed(new.primary_key)}, before {_listed(key)}",
            why="rows that stand were merged by the old key",
            remedy="Declare a new dataset with the new key, and backfill it.",
        )
    ordering = now.get(old.ordering, old.ordering)
    if ordering != new.ordering:
        yield Difference(
            weight=Weight.BREAKING,
            what=f"ordering {new.ordering or 'of arrival'}, before {ordering or 'of arrival'}",
            why="another of two rows of a key is the newer one from now on",
        )
    partition = tuple(now.get(name, name) for name in old.partition_by)
    if partition != new.partition_by:
        yield Difference(
            weight=Weight.COMPATIBLE,
            what=f"files split by {_listed(new.partition_by)}, before {_listed(partition)}",
            why="new files are; those that stand stay as they are",
        )


def _of_the_promise(old: Contract, new: Contract) -> Iterator[Difference]:
    if _rules(old) != _rules(new):
        counts = f"{len(new.quality.batch)}, before {len(old.quality.batch)}"
        yield Difference(
            weight=Weight.COMPATIBLE,
            what=f"quality rules of batches changed ({counts})",
            why="what holds a batch back is another from now on",
        )
    if old.anomalies != new.anomalies:
        yield Difference(
            weight=Weight.COMPATIBLE,
            what=f"held beside earlier runs: {new.anomalies}, before {old.anomalies}",
        )
    yield from server_differences(old, new)
    levels = {level.name: level.value for level in old.service_levels}
    for level in new.service_levels:
        if levels.pop(level.name, None) != level.value:
            what = f"promises {level.name} {_promised(level)}"
            yield Difference(weight=Weight.COMPATIBLE, what=what)
    for name in levels:
        yield Difference(weight=Weight.COMPATIBLE, what=f"promises no {name} any more")
    for role in sorted(set(old.roles) ^ set(new.roles), key=repr):
        gains = role in new.roles
        yield Difference(
            weight=Weight.COMPATIBLE,
            what=f"role {role.role} {'may' if gains else 'may no longer'} {role.access}",
        )
    if old.engine != new.engine:
        what = f"engine {new.engine}, before {old.engine}"
        yield Difference(weight=Weight.NONE, what=what, why="either makes the same rows")
    words = [(c.description, c.domain, c.status) for c in (old, new)]
    if words[0] != words[1]:
        yield Difference(weight=Weight.NONE, what="words about it changed")


def _rules(contract: Contract) -> tuple[object, ...]:
    """Rules of batches without their places and words."""
    plain = [replace(r, description="", field="", line=None) for r in contract.quality.batch]
    return (*plain, *contract.quality.dqdl)


def _promised(level: ServiceLevel) -> str:
    """`1 d`; the value itself where it is no duration."""
    if level.minutes is None:
        return level.value
    for unit, minutes in (("d", 24 * 60), ("h", 60)):
        if level.minutes % minutes == 0:
            return f"{level.minutes // minutes} {unit}"
    return f"{level.minutes} min"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
