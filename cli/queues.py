"""Landed objects that wait behind one that waits, or behind a hold: how many, and for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.target import Target
from dataplatform.drift.compare import takes_in_order
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.drift import WaitingObject
from dataplatform.ledger.queues import Queue
from dataplatform.sizes import size


def queues(
    target: Target, waiting: Sequence[WaitingObject], held: Sequence[AuditNote]
) -> dict[str, Queue]:
    """By dataset, what waits behind these; a dataset is left out of which nothing does."""
    names = {*(each.landed.dataset for each in waiting), *(note.dataset for note in held)}
    return {
        plan.dataset: found
        for plan in target.plan.datasets
        if plan.dataset in names
        and (found := target.ledger.queued(plan.dataset, in_order=takes_in_order(plan)))
    }


def in_words(queue: Queue) -> str:
    """`3 objects (1.2 MB) wait behind stores/a.csv, the first since 2026-11-21T09:00:00Z`"""
    wait, first = ("waits", "since") if queue.objects == 1 else ("wait", "the first since")
    said = f"{_objects(queue.objects, queue.bytes)} {wait} behind {queue.behind or 'it'}"
    return f"{said}, {first} {queue.since}"


def in_landing(waiting: Sequence[WaitingObject], queued: Mapping[str, Queue]) -> str:
    """What no books have yet, `stores 3 objects (1.2 MB)`; "" where nothing waits."""
    names = dict.fromkeys([*(each.landed.dataset for each in waiting), *queued])
    said = []
    for name in names:
        sizes = [each.landed.size for each in waiting if each.landed.dataset == name]
        queue = queued.get(name)
        count = len(sizes) + (queue.objects if queue else 0)
        said.append(f"{name} {_objects(count, sum(sizes) + (queue.bytes if queue else 0))}")
    return ", ".join(said)


def _objects(count: int, landed: int) -> str:
    return f"{count:,} object{'s' * (count != 1)} ({size(landed)})"


def to_json(found: Mapping[str, Queue]) -> list[dict[str, Any]]:
    """For `--json`; `behind` is the object that the others wait for, "" where an audit holds all.

    `released_by` is what a person may say; a contract that is mended and deployed does it as well.
    """
    return [
        {**vars(queue), "released_by": f"./weir run {name} --accept"}
        for name, queue in found.items()
    ]
