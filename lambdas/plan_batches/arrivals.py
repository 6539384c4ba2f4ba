"""What is due is looked at before a batch is made of it: a sample of each object, read once.

An object that breaks its contract waits, named in the ledger, and stays due. It is looked at again
when its contract has changed, and let through as it is where a person says so. Other objects of its
dataset overtake it only where an ordering column, and not their arrival, tells which row is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from dataplatform.drift.compare import compare, takes_in_order
from dataplatform.drift.model import Drift
from dataplatform.drift.shape import Sample, observe
from dataplatform.ledger import Ledger
from dataplatform.ledger.objects import pointer
from dataplatform.ledger.records import LandedObject
from dataplatform.parsing.model import REJECTED
from dataplatform.plans.model import SilverPlan

AT_ONCE: Final = 16
"""Samples read side by side."""

_CHUNK: Final = 4 * AT_ONCE


@dataclass(kw_only=True)
class Arrivals:
    """The arrivals of one run.

    look: reads a sample; None of an object that has none.
    time_is_up: whether to stop looking; what wasn't looked at stays due.
    tell: called once for each dataset of which drift was noted, before a batch is made.
    held: how many objects were found to wait, or wait still.
    """

    ledger: Ledger
    run_id: str
    look: Callable[[LandedObject], Sample | None]
    time_is_up: Callable[[], bool]
    tell: Callable[[SilverPlan], object]
    held: int = 0
    _seen: dict[str, tuple[Drift, int, str]] = field(default_factory=dict)

    def passed(
        self, plan: SilverPlan, due: Sequence[LandedObject], *, accepted: bool
    ) -> list[LandedObject]:
        """The due objects that batches are to be made of, in the order of their arrival.

        Args:
            accepted: let through what waits already, and behind it, where arrival orders rows, what
                is told of in the same words; what has come since is looked at all the same.
        """
        if not due:
            return []
        waiting = {pointer(each.landed): each for each in self.ledger.waiting_objects(plan.dataset)}
        if accepted:
            self.ledger.accept_drift(plan.dataset)
            unseen = [landed for landed in due if pointer(landed) not in waiting]
        else:
            held = {key for key, each in waiting.items() if each.digest == plan.digest}
            unseen = [landed for landed in due if pointer(landed) not in held]
            self.held += len(due) - len(unseen)
        if takes_in_order(plan) and not accepted:
            unseen = _before_first(due, held)
        told = [each.why for each in waiting.values()] if takes_in_order(plan) and accepted else []
        good = {pointer(landed) for landed in self._good(plan, unseen, told)}
        if self._seen:
            self._note(plan)
        taken = []
        for landed in due:
            let_through = accepted and pointer(landed) in waiting
            if let_through or pointer(landed) in good:
                if pointer(landed) in waiting:
                    self.ledger.let_go(landed)
                taken.append(landed)
        return taken

    def _good(
        self, plan: SilverPlan, unseen: Sequence[LandedObject], told: Sequence[str]
    ) -> Iterator[LandedObject]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(unseen), _CHUNK):
                if self.time_is_up():
                    return
                chunk = unseen[start : start + _CHUNK]
                compared = pool.map(lambda landed: self._compared(plan, landed), chunk)
                for landed, found in zip(chunk, compared, strict=True):
                    drifts = _not_accepted(found, told)
                    if not self._breaks(plan, landed, drifts):
                        yield landed
                    elif takes_in_order(plan):
                        return

    def _compared(self, plan: SilverPlan, landed: LandedObject) -> tuple[Drift, ...]:
        if plan.format_of(landed.key) == REJECTED:
            return ()
        sample = self.look(landed)
        shape = sample and observe(sample, format=plan.source.format, csv=plan.csv)
        return compare(shape, plan) if shape else ()

    def _breaks(self, plan: SilverPlan, landed: LandedObject, drifts: Sequence[Drift]) -> bool:
        """Whether an object waits from now on."""
        for drift in drifts:
            _, count, _ = self._seen.get(drift.identity, (drift, 0, ""))
            self._seen[drift.identity] = drift, count + 1, landed.key
        breaking = [drift.text for drift in drifts if drift.breaking]
        if breaking:
            self.held += 1
            self.ledger.hold_back(
                landed, digest=plan.digest, why="; ".join(breaking), run_id=self.run_id
            )
        return bool(breaking)

    def _note(self, plan: SilverPlan) -> None:
        for drift, count, key in self._seen.values():
            self.ledger.note_drift(plan.dataset, drift, seen_in=key, objects=count)
        self._seen.clear()
        self.tell(plan)


def _not_accepted(drifts: tuple[Drift, ...], told: Sequence[str]) -> tuple[Drift, ...]:
    """Drifts without those that break, where a person who lets objects through has read of each."""
    breaking = [drift for drift in drifts if drift.breaking]
    if not all(any(drift.text in why for why in told) for drift in breaking):
        return drifts
    return tuple(drift for drift in drifts if not drift.breaking)


def _before_first(due: Sequence[LandedObject], held: set[str]) -> list[LandedObject]:
    """The due objects that came before the first that waits."""
    found = []
    for landed in due:
        if pointer(landed) in held:
            break
        found.append(landed)
    return found
