"""Telling the operator of drift: once for each distinct one, a message a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from dataplatform.ledger import Ledger
from dataplatform.ledger.drift import DriftNote
from dataplatform.plans.model import SilverPlan
from lambdas.contacts import whom_to_ask
from lambdas.runtime import logger

log = logger("drift")


@dataclass(frozen=True, kw_only=True)
class DriftAlerts:
    """Sends what hasn't been told. `send` takes a subject and a text."""

    ledger: Ledger
    stage: str
    send: Callable[[str, str], None]

    def tell(self, plan: SilverPlan) -> int:
        """Tell of a dataset's open drift, and note that it was told.

        A drift is told again rather than not at all: it is noted after the message has gone. Where
        SNS refuses, data goes on; the next look at the dataset tells.

        Returns:
            How many drifts were told.
        """
        untold = [
            note for note in self.ledger.open_drift(plan.dataset, plan.columns) if not note.told
        ]
        if not untold:
            return 0
        try:
            self.send(_subject(self.stage, plan, untold), _text(self.stage, plan, untold))
        except (ClientError, BotoCoreError):
            log.exception("the drift couldn't be told", extra={"dataset": plan.dataset})
            return 0
        for note in untold:
            self.ledger.drift_told(note)
        return len(untold)


def _subject(stage: str, plan: SilverPlan, notes: Sequence[DriftNote]) -> str:
    breaking = [note for note in notes if note.breaking]
    first = (breaking or notes)[0]
    more = f" and {len(notes) - 1} more" if len(notes) > 1 else ""
    return f"Weir {stage}: {plan.dataset}: {first.text}{more}"


def _text(stage: str, plan: SilverPlan, notes: Sequence[DriftNote]) -> str:
    lines = [f"Weir {stage}: {plan.dataset} isn't what its contract {plan.version} says.", ""]
    for note in sorted(notes, key=lambda note: not note.breaking):
        example = f" such as {note.form}" if note.form else ""
        lines += [
            f"{'BREAKING' if note.breaking else 'Additive'}: {note.text}{example}",
            f"  Seen in: {note.seen_in}",
            f"  {note.remedy}",
        ]
    if any(note.breaking for note in notes):
        lines += [
            "",
            "An object with a breaking drift waits in landing; nothing of it is lost, and gold"
            " stands still for it.",
            "Once the contract is mended and deployed, the next run looks at it again. To take it"
            f" as it is: ./weir run {plan.dataset} --accept --stage {stage}",
        ]
    return "\n".join([*lines, *whom_to_ask(plan)])
