"""Batches of what is due: bounded, one dataset each, in the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from dataplatform.drift.compare import takes_in_order
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, LandedObject
from dataplatform.ledger.run_input import ReplayInput, RunInput
from dataplatform.naming import pulled_prefix
from dataplatform.plans.model import PlatformPlan, SilverPlan
from dataplatform.sizes import size
from lambdas.pipeline_lease import hold
from lambdas.plan_batches.arrivals import Arrivals
from lambdas.plan_batches.holds import moving

STEP = "plan"

MAX_OBJECTS: Final = 500
"""Objects a batch: opening each costs staging some 50 ms, so half a minute of its 15."""

MAX_BYTES: Final = 256 * 1024**2
"""Landed bytes a batch: gzip may hold ten times as much, which staging streams in its 15 minutes.
One object may be larger: it is a batch of its own."""

GZIP_EXPANSION: Final = 10
"""Bytes of text taken for one of gzip: JSON and CSV pack five- to fifteenfold. Where it is more, a
function may run out of time; Spark stages the batch then, too."""

MAX_BATCHES: Final = 1000
"""Batches a run: their ids pass through a state of Step Functions, which holds 256 KiB."""


def plan_batches(
    ledger: Ledger,
    plan: PlatformPlan,
    run_id: str,
    *,
    function_bytes: int,
    arrivals: Arrivals,
) -> dict[str, Any]:
    """Take up unfinished batches, then claim what is due, within what the run is narrowed to.

    A run that replays quarantined rows makes batches of those, and leaves what is due to the next.

    Args:
        function_bytes: text of a batch up to which a function stages it; Spark stages the others.
        arrivals: looks at what is due, and keeps back what breaks its contract.

    Returns:
        `batches` are those for functions; the job finds its own in the ledger.
    """
    run = hold(ledger, run_id)
    run_input = RunInput.from_json(run.input)
    chosen = [dataset for dataset in plan.datasets if run_input.selects(dataset.dataset)]
    ledger.step(run_id, STEP, state="started")
    chosen = moving(ledger, run_id, run_input, chosen, step=STEP)
    _claim(ledger, plan)
    adopted = _adopt(ledger, run_id, {dataset.dataset for dataset in chosen})
    free = MAX_BATCHES - len(adopted)
    if not run_input.replay:
        _open_due(ledger, run_id, run_input, chosen, arrivals, limit=free)
    elif chosen:
        open_replays(ledger, run_id, run_input.replay, limit=free)
    batches = ledger.run_batches(run_id)
    claimed = [
        _for_whom(ledger, batch, function_bytes) for batch in batches if batch.state == "claimed"
    ]
    for_functions = sorted(
        (batch for batch in claimed if not batch.spark_stages),
        key=lambda batch: -batch.bytes,  # the longest isn't begun last, with nothing beside it
    )
    counts = {
        "batches": len(batches),
        "objects": sum(batch.objects for batch in batches),
        "bytes": sum(batch.bytes for batch in batches),
        "adopted": len(adopted),
        "for_spark": len(claimed) - len(for_functions),
        "waiting": arrivals.held,
        "behind": _behind(ledger, chosen) if arrivals.held else 0,
    }
    idle = "all that is due waits" if arrivals.held else "nothing is due"
    ledger.step(run_id, STEP, counts=counts, detail="" if batches else idle)
    return {
        "run_id": run_id,
        "batches": [{"run_id": run_id, "batch_id": batch.batch_id} for batch in for_functions],
        "has_batches": any(batch.state in ("claimed", "staged") for batch in batches),
    }


def open_replays(ledger: Ledger, run_id: str, wanted: ReplayInput, *, limit: int) -> list[Batch]:
    """A batch for each batch of which wanted rows wait in quarantine; asked again, it has none."""
    opened: list[Batch] = []
    for origin in ledger.waiting_batches(wanted.dataset):
        if wanted.batches and origin.batch_id not in wanted.batches:
            continue
        if len(opened) == limit:
            break
        replay = ledger.open_replay(run_id, origin.batch_id, reason=wanted.reason)
        if replay is not None:
            opened.append(replay)
    return opened


def _open_due(
    ledger: Ledger,
    run_id: str,
    run_input: RunInput,
    chosen: Iterable[SilverPlan],
    arrivals: Arrivals,
    *,
    limit: int,
) -> None:
    """Batches of what is due and keeps its contract; what is beyond the limit stays due."""
    opened = 0
    for dataset in chosen:
        due = _due(ledger, dataset, run_input, limit=limit * MAX_OBJECTS)
        accepted = dataset.dataset in run_input.accept
        for objects in grouped(arrivals.passed(dataset, due, accepted=accepted)):
            if opened < limit:
                ledger.open_batch(run_id, dataset.dataset, objects)
                opened += 1


def text_bytes(landed: LandedObject) -> int:
    """Bytes of text in an object, by its name: nothing is read to plan."""
    packed = landed.key.lower().endswith((".gz", ".gzip"))
    return landed.size * (GZIP_EXPANSION if packed else 1)


def _for_whom(ledger: Ledger, batch: Batch, function_bytes: int) -> Batch:
    """The batch, left to Spark where it holds more than a function stages in its time."""
    if batch.spark_stages or batch.bytes * GZIP_EXPANSION <= function_bytes:
        return batch
    text = sum(map(text_bytes, ledger.batch_objects(batch.batch_id)))
    if text <= function_bytes:
        return batch
    reason = f"{size(text)} of text, over {size(function_bytes)}"
    return ledger.leave_batch_to_spark(batch.batch_id, batch.run_id, reason)


def grouped(objects: Iterable[LandedObject]) -> Iterator[list[LandedObject]]:
    """Consecutive objects, at most MAX_OBJECTS and MAX_BYTES together."""
    group: list[LandedObject] = []
    size = 0
    for landed in objects:
        if group and (len(group) == MAX_OBJECTS or size + landed.size > MAX_BYTES):
            yield group
            group, size = [], 0
        group.append(landed)
        size += landed.size
    if group:
        yield group


def _due(
    ledger: Ledger, dataset: SilverPlan, run_input: RunInput, *, limit: int
) -> list[LandedObject]:
    """What is due, by arrival; of a pull's objects all, since the pull itself was narrowed."""
    name = dataset.dataset
    if dataset.source.kind != "api":
        return ledger.due_objects(name, since=run_input.since, until=run_input.until, limit=limit)
    return [
        landed
        for landed in ledger.due_objects(name, limit=limit)
        if landed.key.startswith(pulled_prefix(name))
        or (run_input.since <= landed.arrived_at < (run_input.until or "~"))
    ]


def _behind(ledger: Ledger, chosen: Iterable[SilverPlan]) -> int:
    """Objects that the run leaves due because one that came before them waits."""
    queues = (ledger.queued(d.dataset, in_order=True) for d in chosen if takes_in_order(d))
    return sum(queue.objects for queue in queues if queue)


def _claim(ledger: Ledger, plan: PlatformPlan) -> None:
    """Objects that landed before their dataset had a contract."""
    for landed in ledger.due_objects(""):
        dataset = plan.claimant(landed.key)
        if dataset:
            ledger.claim_object(landed, dataset)


def _adopt(ledger: Ledger, run_id: str, chosen: set[str]) -> list[Batch]:
    """Unpublished batches: of dead runs, since the lease is this run's, or left by a first try."""
    return [
        ledger.adopt_batch(batch.batch_id, run_id)
        for batch in ledger.unfinished_batches()
        if batch.dataset in chosen and (batch.run_id != run_id or batch.state != "staged")
    ]
