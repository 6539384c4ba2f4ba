"""Rows of the quarantine table that wait there, read with the caller's own credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from cli.target import Target
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import WeirError
from dataplatform.ledger.records import Batch
from dataplatform.ledger.replays import Replay, taker
from dataplatform.naming import QUARANTINE_TABLE, Zone

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "403"})
_LISTED: Final = 200
"""Batch ids that a scan is told; beyond, it reads all of the dataset's rows."""


class QuarantineClosed(WeirError):
    """The caller may not read the quarantine table."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A record in quarantine; `position` and `record` are None for an object as a whole.

    record: JSON, as quarantine keeps it. under_way: a replay has taken it and isn't published yet.
    """

    dataset: str
    batch_id: str
    run_id: str
    object: str
    version: str
    position: int | None
    record: str | None
    reasons: tuple[str, ...]
    quarantined_at: datetime
    under_way: bool

    @property
    def sent(self) -> Any:
        """The record as a value: columns as text, or the source's own text."""
        return None if self.record is None else json.loads(self.record)

    @property
    def place(self) -> tuple[datetime, str, str, int]:
        """Where it stands among others: what was rejected first, then as its object has it."""
        return self.quarantined_at, self.object, self.version, self.position or 0

    def to_dict(self) -> dict[str, Any]:
        """What `--json` shows."""
        return {
            "dataset": self.dataset,
            "batch": self.batch_id,
            "run": self.run_id,
            "object": self.object,
            "version": self.version,
            "position": self.position,
            "reasons": list(self.reasons),
            "record": self.sent,
            "quarantined_at": self.quarantined_at,
            "under_way": self.under_way,
        }


@dataclass
class Quarantine:
    """What waits of a dataset: the table's rows, less what the ledger says was taken."""

    target: Target
    dataset: str
    batches: dict[str, Batch] = field(init=False)

    def __post_init__(self) -> None:
        waiting = self.target.ledger.waiting_batches(self.dataset)
        self.batches = {batch.batch_id: batch for batch in waiting}
        self._replays: dict[str, tuple[list[Replay], set[str]]] = {}

    def rows(self, *, batch: str = "", reason: str = "", records: bool = True) -> Iterator[Row]:
        """Rows that wait, as they stand in the table.

        Args:
            batch: only of this batch. reason: only with a reason that holds this text.
            records: read what was sent, too.

        Raises:
            QuarantineClosed: the caller's credentials don't open the table.
        """
        wanted = [name for name in self.batches if batch in ("", name)]
        if not wanted:
            return
        try:
            for found in self._scan(wanted, records):
                row = self._waiting(found)
                if row and any(reason in said for said in row.reasons):
                    yield row
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise
            raise QuarantineClosed(
                f"your credentials may not read {self._table}",
                why="Rejected records hold values as they were sent, classified ones included.",
                remedy="Ask for read access to that table, or let somebody look who has it.",
            ) from error

    @property
    def _table(self) -> str:
        return self.target.names.table(Zone.QUARANTINE, QUARANTINE_TABLE)

    def _scan(self, batches: list[str], records: bool) -> Iterator[dict[str, Any]]:
        where = f"dataset = '{self.dataset}'"
        if len(batches) <= _LISTED:
            listed = ", ".join(f"'{name}'" for name in batches)
            where += f" and batch_id in ({listed})"
        table = open_table(self._table)
        names = [name for name in table.schema().column_names if records or name != "record"]
        for found in table.scan(
            row_filter=where, selected_fields=tuple(names)
        ).to_arrow_batch_reader():
            for row in found.to_pylist():
                if row["batch_id"] in batches:
                    yield row

    def _waiting(self, found: dict[str, Any]) -> Row | None:
        """The row, unless a published replay has taken it."""
        batch_id, reasons = found["batch_id"], json.loads(found["reasons"])
        if batch_id not in self._replays:
            replays = self.target.ledger.replays(batch_id)
            states = {each.batch_id: self.target.ledger.batch(each.batch_id) for each in replays}
            done = {name for name, batch in states.items() if batch.state == "published"}
            self._replays[batch_id] = replays, done
        replays, done = self._replays[batch_id]
        taken = taker(replays, reasons)
        if taken in done:
            return None
        return Row(
            **{"record": None, **found, "reasons": tuple(reasons)},
            under_way=bool(taken),
        )


def kind_of(reason: str) -> str:
    """A reason without what differs from record to record: `malformed area: '1,5' is not …`."""
    return reason.partition(":")[0]
