"""Telling the operator what a run has held, with the figures."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.plans.model import PlatformPlan
from lambdas.contacts import whom_to_ask
from lambdas.runtime import logger

log = logger("close-run")


def tell_of_holds(
    ledger: Ledger, plan: PlatformPlan, run_id: str, send: Callable[[str, str], None]
) -> list[AuditNote]:
    """Send a message for each dataset that the run has held, and note that it was told.

    It is noted after the message has gone: it is told again rather than not at all. Where SNS
    refuses, the run's own failure still reaches the operator, by its event.

    Args:
        send: takes a subject and a text.

    Returns:
        What was told.
    """
    told = []
    for note in ledger.untold(run_id):
        try:
            send(f"Weir {plan.stage}: {note.dataset} is held", message(plan, note))
        except (ClientError, BotoCoreError):
            log.exception("the hold couldn't be told", extra={"dataset": note.dataset})
            continue
        ledger.told(note)
        told.append(note)
    return told


def message(plan: PlatformPlan, note: AuditNote) -> str:
    """What is odd, figure by figure, what to do, and whom to ask."""
    stage = plan.stage
    whose = [
        line for each in plan.datasets if each.dataset == note.dataset for line in whom_to_ask(each)
    ]
    lines = [
        f"Weir {stage}: {note.dataset} is held. Its audit in run {note.run_id} found:",
        "",
        *(f"  {'STOPS' if v.stops else 'warns'}  {v}" for v in note.broken),
        "",
        f"{note.rows:,} records wait in {', '.join(note.batches)}. Nothing of them was published;"
        " what lands for the dataset waits too, and gold stands still for it.",
        "",
        "If the figures are as they should be, release it:",
        f"  ./weir run {note.dataset} --accept --stage {stage}",
        "Else mend the source, land what is right, and release both: of each key the newest record"
        " stands. A contract that is mended and deployed is asked anew by the next run.",
        *whose,
    ]
    return "\n".join(lines)
