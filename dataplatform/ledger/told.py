"""What CloudWatch was told of a run. It adds up what it is told, so nothing is told twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dataplatform.ledger.runs import STEP_DAYS
from dataplatform.ledger.table import MAX_TRANSACTION, LedgerTable
from dataplatform.ledger.writes import put


@dataclass(frozen=True, kw_only=True)
class Told:
    """Of a dataset in a run, or of the run itself.

    figures: all that was told, by metric.
    audited: `at` of the audit that was told last; "" where none was.
    """

    figures: Mapping[str, float] = field(default_factory=dict)
    audited: str = ""


class ToldBooks(LedgerTable):
    """One item a run and dataset, kept as long as the run's steps."""

    def figures_told(self, run_id: str) -> dict[str, Told]:
        """What was told of a run, by dataset; of the run itself under ""."""
        found = self._query(f"run#{run_id}", prefix="told#")
        return {
            item["dataset"]: Told(figures=json.loads(item["figures"]), audited=item["audited"])
            for item in found
        }

    def note_figures(self, run_id: str, told: Mapping[str, Told]) -> None:
        """Note what has been told, in place of what was noted before."""
        expires = self._expires(STEP_DAYS)
        writes = [
            put(
                {
                    "pk": f"run#{run_id}",
                    "sk": f"told#{dataset}",
                    "dataset": dataset,
                    "figures": json.dumps(dict(of.figures)),
                    "audited": of.audited,
                    "expires_at": expires,
                }
            )
            for dataset, of in told.items()
        ]
        for first in range(0, len(writes), MAX_TRANSACTION):
            self._write(*writes[first : first + MAX_TRANSACTION])
