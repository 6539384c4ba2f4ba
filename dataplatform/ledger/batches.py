"""Batches: claimed from what is due, staged, failed, adopted. Publishing is in `books`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import BooksUnbalanced, TransitionRefused
from dataplatform.ledger.objects import Objects, landed_from, pointer
from dataplatform.ledger.records import (
    Batch,
    LandedObject,
    Outcomes,
    new_batch_id,
)
from dataplatform.ledger.writes import ABSENT, PRESENT, Item, Refused, Write, delete, put, update

OBJECTS_A_WRITE: Final = 48
"""Objects claimed in one transaction: two writes each, and at most three for the batch."""


class Batches(Objects):
    """The way of a batch: claimed -> staged -> published; failed until a later run adopts it."""

    def open_batch(self, run_id: str, dataset: str, objects: Sequence[LandedObject]) -> Batch:
        """Claim due objects for a new batch.

        More than one transaction's worth is claimed in parts; a claim that is cut short leaves a
        valid batch of the parts done, and the rest due. The batch takes no more objects once it is
        sealed, which the last part or `adopt_batch` does.

        Raises:
            TransitionRefused: an object isn't due any more: another claim has it.
        """
        if not objects:
            raise ValueError("a batch needs at least one object")
        batch_id = new_batch_id(dataset)
        for start in range(0, len(objects), OBJECTS_A_WRITE):
            part = objects[start : start + OBJECTS_A_WRITE]
            last = start + len(part) == len(objects)
            head = self._open(batch_id, run_id, dataset) if start == 0 else []
            newest = max(landed.arrived_at for landed in objects[: start + len(part)])
            head.append(self._grow(batch_id, run_id, part, newest, sealed=last, first=start == 0))
            moves = [write for landed in part for write in _move(landed, batch_id)]
            try:
                self._write(*head, *moves)
            except Refused as refused:
                raise TransitionRefused(
                    f"{dataset}: objects of batch {batch_id} were claimed by another batch",
                    why=f"{start} of {len(objects)} objects are in the batch; no object is in two.",
                    remedy="Plan again: what is still due is claimed then.",
                ) from refused
        return self.batch(batch_id)

    def batch(self, batch_id: str) -> Batch:
        """One batch; KeyError where there is none."""
        item = self._get(f"batch#{batch_id}", "batch")
        if item is None:
            raise KeyError(batch_id)
        return batch_of(item)

    def batch_objects(self, batch_id: str) -> list[LandedObject]:
        """The objects of a batch, in the order of their arrival."""
        return [landed_from(item) for item in self._query(f"batch#{batch_id}", prefix="object#")]

    def run_batches(self, run_id: str) -> list[Batch]:
        """The batches that a run has opened or adopted."""
        found = self._query(f"run#{run_id}", prefix="batch#")
        return self._batches([item["batch_id"] for item in found])

    def unfinished_batches(self) -> list[Batch]:
        """Batches of any run that aren't published."""
        return self._batches([item["sk"] for item in self._query("unfinished")])

    def adopt_batch(self, batch_id: str, run_id: str) -> Batch:
        """Take over an unpublished batch: it continues where it was, claimed or staged.

        Raises:
            TransitionRefused: it is published, or another run adopted it meanwhile.
        """
        before = self.batch(batch_id)
        item = self._get(f"batch#{batch_id}", "batch") or {}
        state = "staged" if item.get("staged_at") else "claimed"
        writes = [
            update(
                f"batch#{batch_id}",
                "batch",
                sets={"run_id": run_id, "state": state, "sealed": True, "error": ""},
                adds={"attempts": 1},
                where=Attr("run_id").eq(before.run_id) & Attr("state").eq(before.state),
            ),
            put(_run_pointer(run_id, batch_id)),
        ]
        if before.run_id != run_id:
            writes.append(delete(f"run#{before.run_id}", f"batch#{batch_id}"))
        if before.state == "published":
            raise refused_transition(before, "adopted")
        try:
            self._write(*writes)
        except Refused as refused:
            raise refused_transition(self.batch(batch_id), "adopted") from refused
        return self.batch(batch_id)

    def leave_batch_to_spark(self, batch_id: str, run_id: str, reason: str) -> Batch:
        """Note why Spark stages a batch; it stays so in later runs, too.

        A batch that is staged by now, or another run's, is left as it is.

        Returns:
            The batch as it is then.
        """
        mine = Attr("run_id").eq(run_id) & Attr("state").eq("claimed")
        with suppress(Refused):
            sets = {"spark_stages": reason}
            self._write(update(f"batch#{batch_id}", "batch", sets=sets, where=mine))
        return self.batch(batch_id)

    def batch_staged(
        self, batch_id: str, *, source: int, unreadable: int, rows: int, taken: int = 0
    ) -> bool:
        """Note what staging counted; False where the same was noted before.

        Args:
            taken: of a replay the rows of quarantine that it was made from.

        Raises:
            BooksUnbalanced: source isn't rows + unreadable.
            TransitionRefused: the batch isn't claimed and sealed, or was staged with other counts.
        """
        if source != rows + unreadable:
            raise BooksUnbalanced(
                f"batch {batch_id}: {source} records read, {rows} staged, {unreadable} unreadable",
                why="A record was lost or doubled between landing and bronze.",
                remedy="The batch stays claimed; the next run stages it again.",
            )
        counts = {"source": source, "unreadable": unreadable, "rows": rows, "taken": taken}
        try:
            self._write(
                update(
                    f"batch#{batch_id}",
                    "batch",
                    sets={**counts, "state": "staged", "staged_at": self.now()},
                    where=Attr("state").eq("claimed") & Attr("sealed").eq(True),
                )
            )
        except Refused as refused:
            batch = self.batch(batch_id)
            noted = {name: getattr(batch, name) for name in counts}
            if batch.state == "staged" and noted == counts:
                return False
            raise refused_transition(batch, "staged") from refused
        return True

    def fail_dataset(self, run_id: str, dataset: str, error: str) -> None:
        """Note that a dataset failed in a run; its unpublished batches wait for a later run."""
        self._write(
            put(
                {
                    "pk": f"run#{run_id}",
                    "sk": f"failure#{dataset}",
                    "dataset": dataset,
                    "error": error[:4000],
                    "at": self.now(),
                }
            )
        )
        for batch in self.run_batches(run_id):
            if batch.dataset == dataset and batch.state in ("claimed", "staged"):
                self._fail(batch, error)

    def failures(self, run_id: str) -> dict[str, str]:
        """Datasets that failed in a run, each with its error."""
        found = self._query(f"run#{run_id}", prefix="failure#")
        return {item["dataset"]: item["error"] for item in found}

    def _open(self, batch_id: str, run_id: str, dataset: str) -> list[Write]:
        return [
            put({"pk": "unfinished", "sk": batch_id, "dataset": dataset}),
            put(_run_pointer(run_id, batch_id)),
        ]

    def _grow(
        self,
        batch_id: str,
        run_id: str,
        part: Sequence[LandedObject],
        newest: str,
        *,
        sealed: bool,
        first: bool,
    ) -> Write:
        size = sum(landed.size for landed in part)
        pk, sk = f"batch#{batch_id}", "batch"
        if first:
            head: Item = {
                "pk": pk,
                "sk": sk,
                "batch_id": batch_id,
                "run_id": run_id,
                "dataset": part[0].dataset,
                "state": "claimed",
                "objects": len(part),
                "bytes": size,
                "newest": newest,
                "sealed": sealed,
                "attempts": 1,
                "opened_at": self.now(),
            }
            return put(head, ABSENT)
        mine = Attr("run_id").eq(run_id) & Attr("state").eq("claimed") & Attr("sealed").eq(False)
        adds = {"objects": len(part), "bytes": size}
        sets = {"sealed": sealed, "newest": newest}
        return update(pk, sk, sets=sets, adds=adds, where=mine)

    def _fail(self, batch: Batch, error: str) -> None:
        try:
            self._write(
                update(
                    f"batch#{batch.batch_id}",
                    "batch",
                    sets={"state": "failed", "error": error[:4000]},
                    where=Attr("run_id").eq(batch.run_id) & Attr("state").eq(batch.state),
                )
            )
        except Refused as refused:
            raise refused_transition(self.batch(batch.batch_id), "failed") from refused

    def _batches(self, batch_ids: Sequence[str]) -> list[Batch]:
        items = self._get_all([(f"batch#{batch_id}", "batch") for batch_id in batch_ids])
        return [batch_of(item) for item in items]


def _move(landed: LandedObject, batch_id: str) -> list[Write]:
    sk = pointer(landed)
    return [
        delete(f"due#{landed.dataset}", sk, PRESENT),
        put({"pk": f"batch#{batch_id}", "sk": f"object#{sk}", **asdict(landed)}, ABSENT),
    ]


def _run_pointer(run_id: str, batch_id: str) -> Item:
    return {"pk": f"run#{run_id}", "sk": f"batch#{batch_id}", "batch_id": batch_id}


def batch_of(item: Item) -> Batch:
    """A batch as its item says."""
    outcomes = Outcomes.from_dict(item.get("outcomes", {}))
    names = set(Batch.__dataclass_fields__) & set(item) - {"outcomes"}
    return Batch(**{name: item[name] for name in names}, outcomes=outcomes)


def refused_transition(batch: Batch, transition: str) -> TransitionRefused:
    """The error of a change that the batch's state doesn't allow."""
    return TransitionRefused(
        f"batch {batch.batch_id} can't be {transition}: it is {batch.state}, of run {batch.run_id}",
        why="A change is made once, by the run that holds the batch and its table's lease.",
        remedy="Nothing is lost: the ledger stays as it was.",
    )
