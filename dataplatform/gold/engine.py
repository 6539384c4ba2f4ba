"""What a build of a gold model asks of an engine, and what it tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from dataplatform.gold.due import ChangedRows
from dataplatform.gold.records import Counts, ExportedFile, Snapshot
from dataplatform.plans.model import GoldModel

Told = Callable[[int, Sequence[ExportedFile]], Mapping[str, str]]
"""An append's snapshot and exactly its files -> properties of the commit that follows it.

The append may be on its way still: nothing that is made of it is shown before that commit.
"""


class Changes(Protocol):
    """A model's changed rows, as an engine holds them."""

    @property
    def counts(self) -> Counts:
        """The rows by action."""
        ...

    def require_unique(self) -> None:
        """Refuse rows that share a key: which of them were kept would be chance.

        Raises:
            AuditFailed: with one such key.
        """
        ...

    def publish(self, changes: str, told: Told) -> None:
        """Append them to the changes table; then stage the model's on the audit branch, count them,
        and make them visible. What is staged may be written before the append is committed.

        Args:
            changes: the changes table.
            told: is called once it is known what the append will be. The model's commit has the
                properties that it answers with, and comes after the append's.

        Raises:
            AuditFailed: the branch holds another number of rows; `main` is as it was.
        """
        ...


class GoldEngine(Protocol):
    """What a build asks of an engine."""

    def open(self, tables: Iterable[str]) -> None:
        """Tables that will be asked for: an engine may look them up meanwhile."""
        ...

    def snapshots(self, table: str) -> Sequence[Snapshot]:
        """Snapshots that readers of a table have seen, newest first."""
        ...

    def rows(self, table: str) -> int:
        """Rows that readers of a table see."""
        ...

    def changes(
        self, model: GoldModel, changed: ChangedRows | None
    ) -> AbstractContextManager[Changes]:
        """Compute the model and compare it with its table.

        Args:
            changed: the input's rows that suffice; None to compute the whole model, in which case
                a key that it lacks is deleted.
        """
        ...

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        ...
