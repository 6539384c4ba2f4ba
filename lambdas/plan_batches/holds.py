"""A dataset that an audit holds stands still until it is accepted, or its contract changes."""

from __future__ import annotations

from collections.abc import Sequence

from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import RunInput
from dataplatform.plans.model import SilverPlan
from dataplatform.sizes import size


def moving(
    ledger: Ledger, run_id: str, run_input: RunInput, datasets: Sequence[SilverPlan], *, step: str
) -> list[SilverPlan]:
    """Those of the datasets that the run takes up; of the others its timeline says why not.

    Their staged batches stay as they are, and what has landed since stays due.
    """
    held = ledger.held()
    found = []
    for dataset in datasets:
        note = held.get(dataset.dataset)
        still = note is not None and note.digest == dataset.digest
        if note is None or not still or dataset.dataset in run_input.accept:
            found.append(dataset)
            continue
        said = f"held since {note.at} by run {note.run_id}: {'; '.join(map(str, note.stopping))}"
        if queue := ledger.queued(note.dataset, in_order=False):
            landed = "object waits" if queue.objects == 1 else "objects wait"
            said += f"; {queue.objects:,} {landed} behind it, {size(queue.bytes)}"
        ledger.step(run_id, step, dataset=dataset.dataset, state="skipped", detail=said)
    return found
