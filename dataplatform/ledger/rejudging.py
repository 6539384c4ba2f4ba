"""What backfills did to quarantine, told to the books once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from dataplatform.ledger.books import Books
from dataplatform.ledger.records import Outcomes, Rejudged
from dataplatform.ledger.writes import ABSENT, Item, Refused, put, update

_BATCHES_A_WRITE: Final = 40
"""Two writes each."""


class Rejudging(Books):
    """Records that were refused and are good now, and the other way round."""

    def rejudged(self, dataset: str, run: str, mark: str, found: Rejudged) -> None:
        """Tell the books what a chunk did to quarantine, once, however often it is said.

        The refused records are a published batch then, which can be replayed as any.
        """
        names = sorted(found.released)
        for at in range(0, len(names), _BATCHES_A_WRITE):
            self._release(mark, at, {n: found.released[n] for n in names[at:][:_BATCHES_A_WRITE]})
        if not found.refused and not found.released:
            return
        writes = [
            put({**_judged(mark, "counted"), **asdict(found), "run_id": run}, ABSENT),
            update("totals", dataset, adds={"quarantined": found.change, "rejudged": found.change}),
        ]
        if found.refused:
            counts = {"source": found.refused, "rows": found.refused, "sequence": found.place}
            outcomes = Outcomes(quarantined=found.refused).to_dict()
            head: Item = {"batch_id": found.batch_id, "run_id": run, "dataset": dataset}
            head |= {"state": "published", "sealed": True, "outcomes": outcomes, **counts}
            head |= {"attempts": 1, "opened_at": self.now(), "published_at": self.now()}
            writes.append(put({"pk": f"batch#{found.batch_id}", "sk": "batch", **head}, ABSENT))
            writes.append(self.waits_in_quarantine(dataset, found.batch_id))
        with suppress(Refused):  # told before
            self._write(*writes)

    def _release(self, mark: str, part: int, released: Mapping[str, int]) -> None:
        """Rows of these batches wait in quarantine no longer."""
        told = _judged(mark, f"released#{part:06d}")
        if self._get(told["pk"], told["sk"]):
            return
        writes = [put(told, ABSENT)]
        for name, number in released.items():
            writes += self.leaves_quarantine(self.batch(name), number)
        self._write(*writes)


def _judged(mark: str, what: str) -> Item:
    return {"pk": f"rejudged#{mark}", "sk": what}
