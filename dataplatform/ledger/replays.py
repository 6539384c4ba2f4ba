"""Replays: batches whose records are rows of quarantine, taken from a batch that was published.

What a replay takes is fixed when it is opened, without a list of rows: of its origin's rows those
that have its reason and none of an earlier replay's. A published batch gets no new rows in
quarantine, so the answer is the same whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from boto3.dynamodb.conditions import Attr, ConditionBase

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.batches import Batches, refused_transition
from dataplatform.ledger.records import Batch, LandedObject, new_batch_id
from dataplatform.ledger.writes import ABSENT, Item, Refused, Write, delete, put, update


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One replay of a batch's quarantined rows.

    batch_id: the batch that it is. reason: text that one of a row's reasons holds; "" for any.
    """

    batch_id: str
    reason: str

    def wants(self, reasons: Sequence[str]) -> bool:
        """Whether a row with these reasons is of the replay's kind."""
        return any(self.reason in reason for reason in reasons)


def taker(replays: Sequence[Replay], reasons: Sequence[str]) -> str:
    """The replay that has taken a row, or is to; "" for a row that waits in quarantine.

    Args:
        replays: of the row's batch, oldest first: the first that wants the row has it.
    """
    return next((replay.batch_id for replay in replays if replay.wants(reasons)), "")


class Replays(Batches):
    """Which rows of quarantine which batch has taken."""

    def waiting_batches(self, dataset: str) -> list[Batch]:
        """Published batches of which records wait in quarantine, by id."""
        found = self._query(_waiting(dataset))
        return self._batches([item["sk"] for item in found])

    def replays(self, batch_id: str) -> list[Replay]:
        """The replays of a batch's quarantined rows, oldest first, published or not."""
        return [
            Replay(batch_id=item["batch_id"], reason=item["reason"])
            for item in self._query(f"batch#{batch_id}", prefix="replay#")
        ]

    def open_replay(self, run_id: str, origin_id: str, *, reason: str = "") -> Batch | None:
        """Open a batch for the rows of a batch in quarantine that no replay has taken yet.

        Returns:
            None where an earlier replay has taken every row with such a reason.

        Raises:
            KeyError: there is no batch of that id.
            TransitionRefused: the origin isn't published, or another replay was opened meanwhile.
        """
        origin, earlier = self.batch(origin_id), self.replays(origin_id)
        if origin.state != "published":
            raise refused_transition(origin, "replayed")
        # What holds the new text holds every part of it, so an earlier replay had those rows.
        if any(replay.reason in reason for replay in earlier):
            return None
        batch_id = new_batch_id(origin.dataset)
        # Another replay that is opened meanwhile has this number, too.
        number = f"replay#{len(earlier):06d}"
        taken = {"pk": f"batch#{origin_id}", "sk": number, "batch_id": batch_id, "reason": reason}
        try:
            self._write(
                put(_batch_item(origin, batch_id, run_id, reason, self.now()), ABSENT),
                *self._open(batch_id, run_id, origin.dataset),
                put(taken, ABSENT),
            )
        except Refused as refused:
            raise TransitionRefused(
                f"the quarantined rows of batch {origin_id} were taken by another replay",
                why="No row is taken twice; nothing was changed.",
                remedy="Look what still waits: ./weir quarantine ls",
            ) from refused
        return self.batch(batch_id)

    def published_before(self, batch_id: str, moment: str) -> bool:
        """Whether a batch was published before a moment, in ISO 8601."""
        item = self._get(f"batch#{batch_id}", "batch") or {}
        return item.get("state") == "published" and item["published_at"] < moment

    def not_newer(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str, bool]]:
        """Which records of replays aren't newer than the rows that they would change.

        Args:
            pairs: a record's batch, and the batch that wrote the row last.

        Returns:
            Those pairs, each with whether both are as old: of one publication.
        """
        names = {name for pair in pairs for name in pair}
        found = {name: self.batch(name) for name in names}
        return [
            (record, standing, found[record].place == found[standing].place)
            for record, standing in pairs
            if found[record].origin and found[record].place <= found[standing].place
        ]

    def batch_objects(self, batch_id: str) -> list[LandedObject]:
        """The objects of a batch, in the order of their arrival; a replay's are its origin's."""
        batch = self.batch(batch_id)
        while batch.origin:
            batch = self.batch(batch.origin)
        return super().batch_objects(batch.batch_id)

    def waits_in_quarantine(self, dataset: str, batch_id: str) -> Write:
        """Of a batch rows wait in quarantine."""
        return put({"pk": _waiting(dataset), "sk": batch_id})

    def leaves_quarantine(self, origin: Batch, number: int) -> list[Write]:
        """So many of a batch's rows wait no longer.

        Raises:
            TransitionRefused: so many don't wait.
        """
        unchanged: ConditionBase = Attr("replayed").eq(origin.replayed)
        if not origin.replayed:
            unchanged = unchanged | Attr("replayed").not_exists()
        left = replace(origin, replayed=origin.replayed + number).waiting
        if left < 0:
            raise TransitionRefused(
                f"{number} of batch {origin.batch_id}'s {origin.waiting} rows in quarantine"
                " can't leave it",
                why="A row would be counted twice; nothing is published.",
                remedy="Nothing is lost: the ledger stays as it was.",
            )
        taken = update(
            f"batch#{origin.batch_id}",
            "batch",
            adds={"replayed": number},
            where=Attr("state").eq("published") & unchanged,
        )
        return [taken, *([] if left else [delete(_waiting(origin.dataset), origin.batch_id)])]

    def _taken_from_quarantine(self, batch: Batch, quarantined: int) -> list[Write]:
        """Publication's writes: what a batch leaves in quarantine, and what it has taken out."""
        writes: list[Write] = []
        if quarantined:
            writes.append(self.waits_in_quarantine(batch.dataset, batch.batch_id))
        if batch.origin:
            writes += self.leaves_quarantine(self.batch(batch.origin), batch.taken)
        return writes


def _batch_item(origin: Batch, batch_id: str, run_id: str, reason: str, at: str) -> Item:
    return {
        "pk": f"batch#{batch_id}",
        "sk": "batch",
        "batch_id": batch_id,
        "run_id": run_id,
        "dataset": origin.dataset,
        "state": "claimed",
        "origin": origin.batch_id,
        "reason": reason,
        "order": origin.place,
        "sealed": True,
        "attempts": 1,
        "opened_at": at,
    }


def _waiting(dataset: str) -> str:
    return f"waiting#{dataset}"
