"""What a commit to a silver table says of itself: each engine finds what the other had done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from dataplatform.ledger.records import Batch, Outcomes
from dataplatform.naming import (
    BATCHES_PROPERTY,
    DELETED_PROPERTY,
    OUTCOMES_PROPERTY,
    SEQUENCE_PROPERTY,
)

Summary = Mapping[str, str]

_MARKS = ";"
_WARNED = "warned"
"""Beside a batch's outcomes; no outcome of its own."""


def commit_properties(
    counted: Mapping[str, Outcomes], sequence: int, warned: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Snapshot properties of the commit that carries these batches.

    Args:
        warned: batch -> records that passed with a warning.
    """
    deleted = sum(outcomes.deleted for outcomes in counted.values())
    return {
        BATCHES_PROPERTY: ",".join(counted),
        OUTCOMES_PROPERTY: json.dumps(
            {
                batch: {**outcomes.to_dict(), _WARNED: (warned or {}).get(batch, 0)}
                for batch, outcomes in counted.items()
            }
        ),
        SEQUENCE_PROPERTY: str(sequence),
        DELETED_PROPERTY: str(deleted),
    }


def recovered(published: Iterable[Summary], staged: Sequence[Batch]) -> dict[str, Outcomes]:
    """Outcomes of batches that an earlier attempt had committed without telling the ledger."""
    wanted = {batch.batch_id for batch in staged}
    found: dict[str, Outcomes] = {}
    for summary in published:
        committed = json.loads(summary.get(OUTCOMES_PROPERTY, "{}"))
        found |= {b: Outcomes.from_dict(committed[b]) for b in wanted & committed.keys()}
    return found


def recovered_warned(published: Iterable[Summary], staged: Sequence[Batch]) -> dict[str, int]:
    """Records with a warning of the batches that `recovered` finds."""
    wanted = {batch.batch_id for batch in staged}
    found: dict[str, int] = {}
    for summary in published:
        committed = json.loads(summary.get(OUTCOMES_PROPERTY, "{}"))
        found |= {b: int(committed[b].get(_WARNED, 0)) for b in wanted & committed.keys()}
    return found


def last_sequence(published: Iterable[Summary]) -> int:
    """The sequence of the newest published change; 0 for a table that never had one.

    Args:
        published: newest first.
    """
    for summary in published:
        if SEQUENCE_PROPERTY in summary:
            return int(summary[SEQUENCE_PROPERTY])
    return 0


def quarantine_marks(batches: Iterable[str]) -> str:
    """The mark of silver's commit to the quarantine table; staging's has one of its own."""
    return _MARKS.join(f"silver:{batch}" for batch in batches)


def not_quarantined(published: Iterable[Summary], batches: Iterable[str]) -> list[str]:
    """Those of the batches whose rejected records no commit to the quarantine table carries."""
    marks: set[str] = set()
    for summary in published:
        marks.update(summary.get(BATCHES_PROPERTY, "").split(_MARKS))
    return [batch for batch in batches if quarantine_marks([batch]) not in marks]
