"""Batches of a dataset on their way into silver, under the table's lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from dataplatform.auditing import Answers, pass_audit
from dataplatform.ledger.records import Batch
from dataplatform.ledger.run_input import RunInput
from dataplatform.plans.model import SilverPlan
from dataplatform.quality.profile import Profile
from glue_jobs import quarantine, tables
from glue_jobs.runtime import Job
from glue_jobs.transforms import silver


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is published in one commit.

    sequence: what the table stands at.
    base: its snapshot, with which the batches are compared; None where nothing was ever published.
    ranked: the batches' records; nothing is read before it is asked for.
    """

    job: Job
    plan: SilverPlan
    staged: Sequence[Batch]
    sequence: int
    base: int | None
    ranked: silver.Ranked

    @classmethod
    def of(
        cls,
        job: Job,
        plan: SilverPlan,
        staged: Sequence[Batch],
        *,
        sequence: int,
        base: int | None,
    ) -> Self:
        """Cast, check and rank the batches."""
        ranked = silver.rank(
            job.spark,
            plan,
            [batch.batch_id for batch in staged],
            bronze=tables.qualified(plan.bronze_table),
            adopted=any(batch.adopted for batch in staged),
        )
        return cls(job=job, plan=plan, staged=staged, sequence=sequence, base=base, ranked=ranked)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Batch -> its rows in bronze."""
        return {batch.batch_id: batch.rows for batch in self.staged}

    @property
    def sent(self) -> int:
        """Rows of all batches in bronze."""
        return sum(self.rows.values())

    @property
    def replays(self) -> bool:
        """Whether records come once more that were quarantined."""
        return any(batch.origin for batch in self.staged)

    def audited(self, answers: Answers, *, changes: bool) -> Profile | None:
        """Judge the batches, as `pass_audit` does.

        Args:
            changes: whether silver would change.

        Raises:
            BatchHeld: nothing is to be published.
        """
        job, plan = self.job, self.plan
        accept = plan.dataset in RunInput.from_json(job.ledger.run(job.run_id).input).accept
        return pass_audit(
            job.ledger, plan, job.run_id, self.staged, answers, changes=changes, accept=accept
        )

    def quarantine(self) -> None:
        """Keep the rejected records; after the audit, so that a held batch leaves nothing."""
        quarantine.quarantine(self.job, self.plan, self.ranked, list(self.rows))
