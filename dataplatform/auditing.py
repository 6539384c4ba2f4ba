"""The audit between classifying and writing: the same for both engines.

An engine answers `SilverPlan.audit` and counts what was warned of; what that means, who may let it
through and what the ledger is told stand here, once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from dataplatform.errors import BatchHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.records import Batch
from dataplatform.naming import Watch
from dataplatform.plans.model import SilverPlan
from dataplatform.quality.audit import Audit, audit
from dataplatform.quality.profile import Profile

log = logging.getLogger("weir.audit")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What an engine has found of the batches of one merge.

    figures: the one row of `SilverPlan.audit`; empty where the plan asks nothing.
    warned: records of each batch that passed with a warning; warnings: the same by check.
    """

    figures: Sequence[Any]
    warned: Counter[str]
    warnings: Counter[str]

    @classmethod
    def of(cls, figures: Sequence[Any], warned: Iterable[tuple[str, Sequence[str], int]]) -> Self:
        """Add up triples of batch, names of the checks, and records that broke just these."""
        by_batch: Counter[str] = Counter()
        by_check: Counter[str] = Counter()
        for batch, names, count in warned:
            by_batch[batch] += count
            for name in names:
                by_check[name] += count
        return cls(figures=figures, warned=by_batch, warnings=by_check)


def pass_audit(
    ledger: Ledger,
    plan: SilverPlan,
    run_id: str,
    batches: Sequence[Batch],
    answers: Answers,
    *,
    changes: bool,
    accept: bool,
) -> Profile | None:
    """Judge the batches of a merge, and note what was found.

    What changes nothing in silver is asked its gates alone: to bring the same once more harms
    nobody, and says nothing of what is usual. A replay of quarantined records isn't held beside
    whole batches, and whoever started it has seen what is in it.

    Args:
        changes: whether the merge would change silver.
        accept: whether a person lets the dataset through, whatever is found.

    Returns:
        The figures that later batches are to be held beside; None where they say nothing.

    Raises:
        BatchHeld: nothing is published; the ledger has the figures.
    """
    if plan.audit is None and not answers.warned:
        return None
    replay = all(batch.origin for batch in batches)
    comparable = changes and not replay and plan.anomalies != Watch.OFF
    found = _found(ledger, plan, answers, comparable=comparable)
    note = AuditNote(
        run_id=run_id,
        dataset=plan.dataset,
        state="passed" if not found.stops else "accepted" if accept or replay else "held",
        batches=tuple(batch.batch_id for batch in batches),
        digest=plan.digest,
        rows=found.profile.rows,
        warned=answers.warned.total(),
        warnings=answers.warnings,
        broken=found.broken,
    )
    if note.state == "held":
        error = held(note)
        ledger.hold_dataset(note, f"{type(error).__name__}: {error}")
        raise error
    if note.summary:
        log.warning("%s: %s", plan.dataset, note.summary)
    ledger.note_audit(note)
    return found.profile if comparable and plan.audit is not None else None


def _found(ledger: Ledger, plan: SilverPlan, answers: Answers, *, comparable: bool) -> Audit:
    """What the plan's audit says of an engine's answers; nothing where it asks nothing.

    Args:
        comparable: whether the batches are to be held beside those before.
    """
    if plan.audit is None:
        return Audit(profile=Profile(rows=0))
    history = ledger.profiles(plan.dataset) if comparable else ()
    return audit(plan.audit.measures, plan.gates, answers.figures, history, watch=plan.anomalies)


def held(note: AuditNote) -> BatchHeld:
    """The error of batches that an audit holds."""
    return BatchHeld(
        f"{note.dataset} is held: {'; '.join(map(str, note.stopping))}",
        why="Nothing was published: readers see the table as it was, and gold stands still. What "
        "lands for it waits.",
        remedy="Mend the source or the contract; or, if it is as it should be, release it: "
        f"./weir run {note.dataset} --accept",
    )
