"""Counts of a dataset that must balance: of its whole life, and of one run."""

from __future__ import annotations

from dataclasses import dataclass, fields

from dataplatform.ledger.records.batches import Outcomes


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The lifetime books of a dataset.

    source = all outcomes - rejudged; live = inserted - deleted + restored - withdrawn.

    quarantined: what is in quarantine: what a replay took has its new outcome instead.
    replayed: records that replays took from quarantine, each time that one did.
    warned: records that passed with a warning, whatever their outcome.
    newest: when the last of its published objects arrived; "" before the first.
    sequence: the highest of a published batch; 0 before the first.
    files, bytes: of the silver table as the newest commit left it.
    restored, withdrawn: rows that backfills have added to silver, and taken from it.
    rejudged: records that backfills have put into quarantine beside the outcome that they had; less
        than nothing where they have taken more out of it.
    """

    dataset: str
    source: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    replayed: int = 0
    live: int = 0
    sequence: int = 0
    newest: str = ""
    files: int = 0
    bytes: int = 0
    warned: int = 0
    restored: int = 0
    withdrawn: int = 0
    rejudged: int = 0

    @property
    def outcomes(self) -> Outcomes:
        """The lifetime counts as outcomes."""
        return Outcomes(**{f.name: getattr(self, f.name) for f in fields(Outcomes)})

    @property
    def balanced(self) -> bool:
        """Whether every record has one outcome and the table holds what was inserted and kept."""
        return self.source == self.told and self.live == self.expected_live

    @property
    def told(self) -> int:
        """Records that have an outcome, each once."""
        return self.outcomes.total - self.rejudged

    @property
    def expected_live(self) -> int:
        """Rows that silver must hold."""
        return self.inserted - self.deleted + self.restored - self.withdrawn


@dataclass(frozen=True, kw_only=True)
class DatasetBooks:
    """The books of one dataset in one run; `unpublished` batches wait for a later run.

    staged: records of the unpublished batches, as far as they are staged.
    replayed: of `source`, what was taken from quarantine.
    waiting: records that the run has quarantined and no replay has taken since.
    warned: records that passed with a warning.
    spark_stages: why Spark staged some of its batches, or is to; "" where functions did all.
    """

    dataset: str
    batches: int
    unpublished: int
    source: int
    outcomes: Outcomes
    live: int
    replayed: int = 0
    waiting: int = 0
    warned: int = 0
    error: str = ""
    spark_stages: str = ""
    staged: int = 0

    @property
    def balanced(self) -> bool:
        """Whether each record of the published batches has exactly one outcome."""
        return self.source == self.outcomes.total
