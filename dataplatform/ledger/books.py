"""The books: batches published once, sequences, lifetime totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from boto3.dynamodb.conditions import Attr, ConditionBase

from dataplatform.errors import BooksUnbalanced
from dataplatform.ledger.batches import batch_of, refused_transition
from dataplatform.ledger.leases import Leases
from dataplatform.ledger.profiles import Profiles
from dataplatform.ledger.records import (
    Batch,
    DatasetBooks,
    Lease,
    Outcomes,
    TableSize,
    Totals,
    dataset_of,
)
from dataplatform.ledger.replays import Replays
from dataplatform.ledger.writes import Item, Refused, Write, delete, update
from dataplatform.quality.profile import Profile


class Books(Replays, Leases, Profiles):
    """Publication, and the counts that it adds to: source = sum of the outcomes, always."""

    def publish_batch(
        self,
        batch_id: str,
        outcomes: Outcomes,
        *,
        sequence: int,
        live: int,
        lease: Lease | None = None,
        size: TableSize | None = None,
        warned: int = 0,
        profile: Profile | None = None,
        last: bool = False,
    ) -> bool:
        """Publish a staged batch and add it to the lifetime books, in one transaction.

        Args:
            outcomes: of the batch's staged rows; its unreadable records are added as quarantined.
            sequence: the dataset's sequence that the commit's rows carry; batches of one commit
                share it.
            live: rows of the silver table after the commit.
            lease: publish only while this lease, by its fencing token, is still held.
            size: of the silver table after the commit.
            warned: records of the batch that passed with a warning.
            profile: of the commit's batches together, for later ones to be held beside.
            last: give the lease back with the same write: nothing is left to do under it.

        Returns:
            False where it was published before with the same outcomes: nothing is added twice.

        Raises:
            BooksUnbalanced: a record of the batch has no outcome, or two.
            TransitionRefused: it isn't staged, or was published otherwise.
            LeaseHeld: the lease is lost.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="profiles") as aside:
            dataset = dataset_of(batch_id)
            outdated = aside.submit(self._outdated_profiles, dataset, sequence) if profile else None
            batch, so_far = self._batch_and_totals(batch_id, dataset)
        outcomes = outcomes + Outcomes(quarantined=batch.unreadable)
        if batch.state == "published" and (batch.outcomes, batch.sequence) == (outcomes, sequence):
            return False
        if batch.state != "staged":
            raise refused_transition(batch, "published")
        _check_balance(batch, outcomes)
        published = {"state": "published", "outcomes": outcomes.to_dict(), "sequence": sequence}
        writes = [
            self._add_to_totals(so_far, batch, outcomes, sequence, live, size, warned),
            update(
                f"batch#{batch_id}",
                "batch",
                sets={**published, "live": live, "warned": warned, "published_at": self.now()},
                where=Attr("state").eq("staged") & Attr("source").eq(batch.source),
            ),
            delete("unfinished", batch_id),
            delete("held", batch.dataset),
            *([self._profile(dataset, sequence, profile)] if profile else []),
            *(outdated.result() if outdated else []),
            *self._taken_from_quarantine(batch, outcomes.quarantined),
        ]
        try:
            self._write_under(lease, *writes, last=last)
        except Refused as refused:
            raise refused_transition(self.batch(batch_id), "published") from refused
        return True

    def _batch_and_totals(self, batch_id: str, dataset: str) -> tuple[Batch, Totals]:
        """A batch and its dataset's lifetime books, by one request."""
        pk = f"batch#{batch_id}"
        found = {item["pk"]: item for item in self._get_all([(pk, "batch"), ("totals", dataset)])}
        return batch_of(found[pk]), _totals(dataset, found.get("totals", {}))

    def _add_to_totals(
        self,
        so_far: Totals,
        batch: Batch,
        outcomes: Outcomes,
        sequence: int,
        live: int,
        size: TableSize | None,
        warned: int,
    ) -> Write:
        """Counts are added; sequence, live and size follow the newest commit.

        What a replay took was counted when it came: it leaves quarantine for its new outcome.

        A commit that is recovered after a later one was published is in that one's live count.
        """
        before, newest = so_far.sequence, max(so_far.newest, batch.newest)
        latest = {"sequence": sequence, "live": live, **(asdict(size) if size else {})}
        if sequence < before:
            latest = {}
        unchanged: ConditionBase = Attr("sequence").eq(before)
        if not before:
            unchanged = unchanged | Attr("sequence").not_exists()
        return update(
            "totals",
            batch.dataset,
            sets={"dataset": batch.dataset, "newest": newest, **latest},
            adds={
                **outcomes.to_dict(),
                "source": batch.source - batch.taken,
                "quarantined": outcomes.quarantined - batch.taken,
                "replayed": batch.taken,
                "warned": warned,
            },
            where=unchanged,
        )

    def next_sequence(self, dataset: str) -> int:
        """Hand out the dataset's next sequence; a number is never handed out twice."""
        answer = self._table.update_item(
            Key={"pk": "sequences", "sk": dataset},
            UpdateExpression="ADD #last :one",
            ExpressionAttributeNames={"#last": "last"},
            ExpressionAttributeValues={":one": 1},
            ReturnValues="UPDATED_NEW",
        )
        return int(str(answer["Attributes"]["last"]))

    def totals(self, dataset: str) -> Totals:
        """The lifetime books of a dataset."""
        return _totals(dataset, self._get("totals", dataset) or {})

    def totals_of(self, datasets: Iterable[str]) -> dict[str, Totals]:
        """The lifetime books of several datasets, by one request."""
        names = list(datasets)
        found = {item["sk"]: item for item in self._get_all([("totals", name) for name in names])}
        return {name: _totals(name, found.get(name, {})) for name in names}

    def all_totals(self) -> list[Totals]:
        """The lifetime books of every dataset that has published."""
        return [_totals(item["sk"], item) for item in self._query("totals")]

    def books(self, run_id: str) -> list[DatasetBooks]:
        """The books of a run, by dataset; counts are of the published batches."""
        batches, failures = self.run_batches(run_id), self.failures(run_id)
        names = sorted({batch.dataset for batch in batches} | set(failures))
        return [
            _books(name, [b for b in batches if b.dataset == name], failures.get(name, ""))
            for name in names
        ]


def _check_balance(batch: Batch, outcomes: Outcomes) -> None:
    if outcomes.total != batch.source:
        raise BooksUnbalanced(
            f"batch {batch.batch_id}: {batch.source} records in, {outcomes.total} outcomes",
            why="Each record must have exactly one outcome; the batch isn't published.",
            remedy=f"Outcomes were {outcomes.to_dict()}, {batch.unreadable} unreadable.",
        )


def _totals(dataset: str, item: Item) -> Totals:
    known = {name: item[name] for name in Totals.__dataclass_fields__ if name in item}
    return Totals(**{**known, "dataset": dataset})


def _books(dataset: str, batches: Sequence[Batch], error: str) -> DatasetBooks:
    published = [batch for batch in batches if batch.state == "published"]
    return DatasetBooks(
        dataset=dataset,
        batches=len(batches),
        unpublished=len(batches) - len(published),
        source=sum(batch.source for batch in published),
        outcomes=sum((batch.outcomes for batch in published), Outcomes()),
        live=max(published, key=lambda b: b.sequence).live if published else 0,
        replayed=sum(batch.taken for batch in published),
        waiting=sum(batch.waiting for batch in published),
        warned=sum(batch.warned for batch in published),
        error=error,
        staged=sum(batch.source for batch in batches if batch.state == "staged"),
        spark_stages=next((batch.spark_stages for batch in batches if batch.spark_stages), ""),
    )
