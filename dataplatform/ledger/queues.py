"""Landed objects that nothing is wrong with, and that wait behind something that waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dataplatform.ledger.audits import Audits
from dataplatform.ledger.batches import Batches
from dataplatform.ledger.drift import DriftBooks
from dataplatform.ledger.objects import pointer


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Objects of a dataset that are due, and that no run takes before something else is settled.

    behind: key of the object that breaks the contract; "" where an audit holds the dataset.
    since: when the first of them arrived. bytes: of all of them, as landed.
    """

    dataset: str
    behind: str
    since: str
    objects: int
    bytes: int


class Queues(Audits, Batches, DriftBooks):
    """What has landed and isn't published: how much of it waits behind what, and since when."""

    def unpublished_since(self, datasets: Iterable[str]) -> dict[str, str]:
        """When the oldest object of each dataset arrived that is due, or in a batch not published.

        A dataset of which everything is published is left out. What a replay takes was published
        before, in quarantine.
        """
        found: dict[str, list[str]] = {
            name: [landed.arrived_at for landed in self._due(name, "", "", 1)] for name in datasets
        }
        for batch in self.unfinished_batches():
            if batch.dataset in found and not batch.origin:
                landed = self.batch_objects(batch.batch_id)
                found[batch.dataset] += [landed[0].arrived_at] if landed else []
        return {name: min(arrivals) for name, arrivals in found.items() if arrivals}

    def queued(self, dataset: str, *, in_order: bool) -> Queue | None:
        """What waits behind a hold of the dataset, or behind its first waiting object.

        Reads a pointer for each object that is due after it; nothing where nothing waits.

        Args:
            in_order: the dataset's objects can't overtake each other.
        """
        waiting = self.waiting_objects(dataset)
        is_held = self._get("held", dataset) is not None
        if not is_held and not (waiting and in_order):
            return None
        first = "" if is_held else pointer(waiting[0].landed)
        themselves = {pointer(each.landed) for each in waiting}
        since, objects, size = "", 0, 0
        for landed in self._due(dataset, first, "", None):
            if pointer(landed) not in themselves:
                since = since or landed.arrived_at
                objects, size = objects + 1, size + landed.size
        if not objects:
            return None
        behind = "" if is_held else waiting[0].landed.key
        return Queue(dataset=dataset, behind=behind, since=since, objects=objects, bytes=size)
