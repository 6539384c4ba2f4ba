"""Cursors: how far a source has been pulled."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.objects import Objects
from dataplatform.ledger.records import Cursor, LandedObject
from dataplatform.ledger.writes import Refused, Write, update


class Cursors(Objects):
    """One cursor a dataset; it moves only from where the mover saw it."""

    def cursor(self, dataset: str) -> Cursor | None:
        """The last record pulled; None before the first."""
        item = self._get(f"cursor#{dataset}", "cursor")
        return None if item is None else Cursor(updated_at=item["updated_at"], id=item["id"])

    def land_pulled(self, landed: LandedObject, before: Cursor | None, after: Cursor) -> None:
        """Register what was pulled and move the cursor, both or neither.

        Raises:
            TransitionRefused: the cursor isn't at `before`: another pull has landed these records.
        """
        dataset = landed.dataset
        self._know(dataset)
        move = self._move(dataset, before, after)
        try:
            self._write(move, *self._registration(landed))
        except Refused as refused:
            raise TransitionRefused(
                f"{dataset}: the cursor is at {self.cursor(dataset)}, not at {before}",
                why="Two pulls of one source overlapped; the records are landed once.",
                remedy="Pull again: it continues from where the cursor is.",
            ) from refused

    def _move(self, dataset: str, before: Cursor | None, after: Cursor) -> Write:
        seen = (
            Attr("pk").not_exists()
            if before is None
            else Attr("updated_at").eq(before.updated_at) & Attr("id").eq(before.id)
        )
        sets = {"updated_at": after.updated_at, "id": after.id, "moved_at": self.now()}
        return update(f"cursor#{dataset}", "cursor", sets=sets, where=seen)
