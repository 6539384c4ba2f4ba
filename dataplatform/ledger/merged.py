"""What stands in a silver table of a list of batches, and how the ledger is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from dataplatform.ledger.books import Books
from dataplatform.ledger.commits import Summary, last_sequence, recovered, recovered_warned
from dataplatform.ledger.records import Batch, Lease, Outcomes, TableSize
from dataplatform.quality.profile import Profile

log = logging.getLogger("weir.silver")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Batches that are in the table.

    counted: each batch's outcomes. sequence: what the table stands at.
    warned: batch -> records that passed with a warning.
    profile: figures for later batches to be held beside; None where they say nothing.
    """

    counted: Mapping[str, Outcomes]
    sequence: int
    warned: Mapping[str, int] = field(default_factory=dict)
    profile: Profile | None = None

    @classmethod
    def recovered(cls, published: Sequence[Summary], staged: Sequence[Batch]) -> Self:
        """What an attempt before this one has committed, without telling the ledger.

        Args:
            published: summaries of the table's snapshots, newest first, listed under its lease:
                what the lease's holder commits is then all that is added.
        """
        counted = recovered(published, staged)
        for batch in counted:
            log.info("batch %s is in a snapshot already", batch)
        return cls(
            counted=counted,
            sequence=last_sequence(published),
            warned=recovered_warned(published, staged),
        )

    def left(self, staged: Sequence[Batch]) -> list[Batch]:
        """Those that aren't in the table yet."""
        return [batch for batch in staged if batch.batch_id not in self.counted]

    def followed_by(self, later: Merged) -> Merged:
        """Both: the table stands at the later one's sequence, and its profile is the newest."""
        return Merged(
            counted={**self.counted, **later.counted},
            sequence=later.sequence,
            warned={**self.warned, **later.warned},
            profile=later.profile,
        )

    def publish(
        self, books: Books, staged: Sequence[Batch], *, live: int, size: TableSize, lease: Lease
    ) -> Outcomes:
        """Tell the ledger; what it knows already is left as it is.

        Args:
            live, size: of the table, as it is now.
            lease: the table's, under which nothing is left to do: the last batch gives it back.

        Returns:
            The outcomes of all batches together.

        Raises:
            BooksUnbalanced, TransitionRefused, LeaseHeld: as `Books.publish_batch`.
        """
        for number, batch in enumerate(staged, start=1):
            books.publish_batch(
                batch.batch_id,
                self.counted[batch.batch_id],
                sequence=self.sequence,
                live=live,
                lease=lease,
                size=size,
                warned=self.warned.get(batch.batch_id, 0),
                profile=self.profile,
                last=number == len(staged),
            )
        return sum((self.counted[batch.batch_id] for batch in staged), Outcomes())
