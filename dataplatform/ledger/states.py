"""What an object and a batch go through, and who moves them: the one place where it stands.

Each move is one conditional write, so it is made once or refused, by whomever it is tried, however
often. The tests hold the ledger against this list, and the page of the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Move:
    """From one state to another; `before` is "" for what wasn't there.

    by: who makes it. call: the ledger's method. only_if: what the write is conditional on.
    """

    before: str
    after: str
    by: str
    call: str
    only_if: str


_REGISTER: Final = "register_object, sweep_landing; ingest_api with its cursor's move"
_PLAN: Final = "plan_batches, in a run that holds the pipeline's lease"

OBJECT_MOVES: Final = (
    Move(
        before="",
        after="due",
        by=_REGISTER,
        call="register_object",
        only_if="this version of this key isn't known",
    ),
    Move(
        before="",
        after="unclaimed",
        by=_REGISTER,
        call="register_object",
        only_if="the same; no contract has its folder",
    ),
    Move(
        before="unclaimed",
        after="due",
        by=_PLAN,
        call="claim_object",
        only_if="it is unclaimed still",
    ),
    Move(before="due", after="in a batch", by=_PLAN, call="open_batch", only_if="it is due still"),
)
"""An object version is due, or unclaimed, or in one batch for ever. One that waits for its contract
is due, with a note of why it waits."""

BATCH_MOVES: Final = (
    Move(
        before="",
        after="claimed",
        by=_PLAN,
        call="open_batch, open_replay",
        only_if="its objects are due; its rows of quarantine are in no other replay",
    ),
    Move(
        before="claimed",
        after="staged",
        by="stage_batch, or the job stage",
        call="batch_staged",
        only_if="all its objects are in it; source = rows + unreadable",
    ),
    Move(
        before="staged",
        after="published",
        by="merge_silver, or the job silver",
        call="publish_batch",
        only_if="the table's lease is held; outcomes add up to source",
    ),
    Move(
        before="claimed",
        after="failed",
        by="whoever failed at its dataset",
        call="fail_dataset",
        only_if="it is this run's",
    ),
    Move(
        before="staged",
        after="failed",
        by="whoever failed at its dataset",
        call="fail_dataset",
        only_if="it is this run's",
    ),
    Move(
        before="failed",
        after="claimed",
        by=_PLAN,
        call="adopt_batch",
        only_if="it was never staged; no other run has adopted it",
    ),
    Move(
        before="failed",
        after="staged",
        by=_PLAN,
        call="adopt_batch",
        only_if="it was staged; no other run has adopted it",
    ),
)
"""A batch that a dead run left claimed or staged is adopted as it is."""


def allowed(moves: tuple[Move, ...], before: str, after: str) -> bool:
    """Whether something may be in one state now that was in another before."""
    return before == after or any((m.before, m.after) == (before, after) for m in moves)
