"""What a commit to bronze says of itself: whoever stages a batch finds what another had staged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dataplatform.errors import AuditFailed, TableMissing
from dataplatform.naming import BATCHES_PROPERTY, COUNTS_PROPERTY
from dataplatform.plans.model import SilverPlan

STAGE_STEP: Final = "stage"
"""The step of a run's timeline that a batch's staging is, whoever does it."""

_ADDED: Final = "added-records"
"""https://iceberg.apache.org/spec/#optional-snapshot-summary-fields"""

_SEPARATORS: Final = str.maketrans(";", ",")


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What staging counted; an unreadable object counts as one unreadable record.

    taken: of a replay the rows of quarantine that it was made from.
    """

    rows: int = 0
    unreadable: int = 0
    taken: int = 0

    @property
    def source(self) -> int:
        """Records that came: each is a row or unreadable."""
        return self.rows + self.unreadable

    def __add__(self, other: Staged) -> Staged:
        return Staged(
            rows=self.rows + other.rows,
            unreadable=self.unreadable + other.unreadable,
            taken=self.taken + other.taken,
        )

    def to_dict(self) -> dict[str, int]:
        """Its counts by name; `taken` only where it isn't 0."""
        counts = {"rows": self.rows, "unreadable": self.unreadable}
        return {**counts, "taken": self.taken} if self.taken else counts


def staging_mark(batch_id: str) -> str:
    """The mark of staging's commit to the quarantine table; silver's commit has one of its own."""
    return f"stage:{batch_id}"


def carries(summary: Mapping[str, str], mark: str) -> bool:
    """Whether a snapshot's summary names `mark` among its batches."""
    return mark in summary.get(BATCHES_PROPERTY, "").translate(_SEPARATORS).split(",")


def staged_properties(batch_id: str, staged: Staged) -> dict[str, str]:
    """Snapshot properties of the commit to bronze that ends a batch; it may have no rows."""
    counts = {batch_id: staged.to_dict()}
    return {BATCHES_PROPERTY: batch_id, COUNTS_PROPERTY: json.dumps(counts)}


def staged_in(summaries: Iterable[Mapping[str, str]], batch_id: str) -> Staged | None:
    """What the commit that carries a batch had counted; None where no snapshot carries it.

    Raises:
        AuditFailed: the commit added another number of rows than it says.
    """
    for summary in summaries:
        if not carries(summary, batch_id):
            continue
        staged = Staged(**json.loads(summary[COUNTS_PROPERTY])[batch_id])
        added = int(summary.get(_ADDED, "0"))
        if added != staged.rows:
            raise AuditFailed(
                f"batch {batch_id}: {added} rows are in bronze, counted were {staged.rows}",
                why="The books would have records that silver never sees, or the other way round.",
                remedy="The batch isn't published. Land its objects again under new names.",
            )
        return staged
    return None


def check_columns(plan: SilverPlan, found: Sequence[str]) -> None:
    """Hold the bronze table's columns against the contract's.

    Raises:
        TableMissing: the table lacks some.
    """
    missing = [column.name for column in plan.columns if column.name not in found]
    if missing:
        raise TableMissing(
            f"the table {plan.bronze_table} has no column {', '.join(missing)}",
            why="The contract has it, so its values would be lost.",
            remedy="Deploy the catalog stack: migrate_schemas adds the columns of the contracts.",
        )
