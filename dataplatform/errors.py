"""The one tree of errors that Weir raises on purpose.

Every error carries three things a person needs: what is wrong, why it matters, and what to do next.
Step Functions sees the class name as the error name, so retries are chosen by class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WeirError(Exception):
    """An error that Weir explains.

    Args:
        what: what is wrong: file, field, value found, value expected.
        why: what it stopped.
        remedy: the next thing to do.
    """

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        self.what = what
        self.why = why
        self.remedy = remedy
        super().__init__("\n  ".join(line for line in (what, why, remedy) if line))


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with an input, located as a person would look for it."""

    file: str
    line: int | None
    field: str
    found: str
    expected: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}  {self.field}: {self.found}; expected {self.expected}"
        return f"{text}\n  {self.remedy}" if self.remedy else text


class InvalidInput(WeirError):
    """Several problems in what a person wrote, reported together."""

    def __init__(self, problems: Sequence[Problem], *, why: str) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), why=why)


class InvalidContract(InvalidInput):
    """A contract (ODCS YAML) that can't be compiled; nothing is synthesized."""


class InvalidModel(InvalidInput):
    """A gold or summary model that can't be compiled; nothing is synthesized."""


class InvalidConfiguration(InvalidInput):
    """A wrong key or value in cdk.json."""


class InvalidRunInput(InvalidInput):
    """A wrong input to the `pipeline` state machine; nothing is started."""


class LeaseHeld(WeirError):
    """Another holder has the lease; try again later."""


class SourceNotConfigured(WeirError):
    """A source's address or key hasn't been filled in by the operator."""


class SourceUnavailable(WeirError):
    """A source is down or misbehaving for now; worth a retry."""


class SourceRejected(WeirError):
    """A source refuses us (bad key, unknown path); a retry won't help."""


class UnreadableObject(WeirError):
    """A landed object whose bytes can't be parsed; it becomes one quarantined record."""


class BooksUnbalanced(WeirError):
    """Records went in that have no outcome, or have two."""


class DatasetsFailed(WeirError):
    """Some datasets of a run failed; the others went through."""


class BackfillRunning(WeirError):
    """Another backfill of the dataset goes on; nothing is started."""


class BackfillIncomplete(WeirError):
    """Parts of a backfill couldn't be done; the others were, and are kept."""


class PlanChanged(WeirError):
    """A contract was deployed while its dataset was derived anew by the one before."""


class WarehouseLoadFailed(WeirError):
    """A COPY/MERGE transaction was rolled back by the warehouse."""


class AuditFailed(WeirError):
    """Staged rows don't match what was counted; nothing was published."""


class BatchHeld(AuditFailed):
    """A batch that breaks a gate or a bound; it waits for a person, and nothing was published."""


class TransitionRefused(WeirError):
    """The ledger refuses a change: what it starts from isn't so (any more)."""


class TableMissing(WeirError):
    """A table, or a column of it, that `migrate_schemas` should have made."""


class TooLarge(WeirError):
    """Work that a function's memory or disk can't hold; Spark takes it over."""


class NotForThisEngine(WeirError):
    """A table that DuckDB's engine can't read as it stands; Spark takes it over."""
