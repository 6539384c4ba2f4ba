"""Commits that other writers overtake: Glue takes only one that builds on the newest state."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import (
    TableUpdate,
    _apply_table_update,
    _TableMetadataUpdateContext,
)

from dataplatform.adapters.iceberg.file_io import BotoFileIO
from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.s3_sending import Sending

_ATTEMPTS: Final = 10
"""After these a table is so busy that whoever watches should know."""

_LONGEST_WAIT_SECONDS: Final = 5.0

Answer = TypeVar("Answer")


def until_first(
    commit: Callable[[], Answer], *, when_overtaken: Callable[[], object] = lambda: None
) -> Answer:
    """Commit, and again where another commit came first, after a random wait that grows.

    Args:
        commit: one attempt on the newest state, made without PyIceberg's own retries.
        when_overtaken: before the next attempt: look at the table anew, and raise where what it
            holds now forbids the commit.

    Raises:
        CommitFailedException: others were first ten times.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return commit()
        except CommitFailedException:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT_SECONDS, 0.05 * 2**attempt)))
            when_overtaken()
    return commit()


class _Transaction(Transaction):
    """PyIceberg copies the whole metadata each time that a transaction is asked for its own: some
    thirty times a commit, with every snapshot that the table has. Here what has changed is new.

    What it writes is sent to S3 side by side; the catalogue waits for all of it, and for what else
    is `arriving`.
    """

    arriving: Sequence[Future[Any]] = ()
    _made: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None
    _sending: Sending | None = None

    def __enter__(self) -> Self:
        io = self._table.io
        if isinstance(io, BotoFileIO) and isinstance(self._table.catalog, CommittingGlue):
            io.sending = self._sending = Sending(self.arriving)
        else:
            for each in self.arriving:
                each.result()
        return self

    def __exit__(
        self,
        exctype: type[BaseException] | None,
        excinst: BaseException | None,
        exctb: TracebackType | None,
    ) -> None:
        io = self._table.io
        try:
            super().__exit__(exctype, excinst, exctb)
        finally:
            if self._sending and isinstance(io, BotoFileIO):
                self._sending.end()
                io.sending = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's, with the updates of this transaction; nobody changes them in place."""
        base, updates = self._table.metadata, self._updates
        made = self._made
        if made is None or made[0] is not base or made[1] is not updates:
            made = (base, updates, _updated(base, updates))
            self._made = made
        return made[2]


def _updated(metadata: TableMetadata, updates: tuple[TableUpdate, ...]) -> TableMetadata:
    """As PyIceberg has it for the commit, but for the copy of everything at the end."""
    context = _TableMetadataUpdateContext()
    for update in updates:
        metadata = _apply_table_update(update, metadata, context)
    return metadata


def changing(table: Table, *, arriving: Sequence[Future[Any]] = ()) -> Transaction:
    """`table.transaction()` at less cost, without PyIceberg's own retries.

    Args:
        arriving: what must be done before the catalogue is told: data files on their way to S3, a
            commit that comes first. Where one fails the transaction fails with its error.
    """
    without_retries(table)
    transaction = _Transaction(table)
    transaction.arriving = arriving
    return transaction


def without_retries(table: Table) -> None:
    """Let the next commit of this table fail where another came first.

    PyIceberg's own retry would build on newer metadata without looking for what the caller looks
    for there.
    """
    once = {**table.metadata.properties, TableProperties.COMMIT_NUM_RETRIES: "0"}
    table.metadata = table.metadata.model_copy(update={"properties": once})
