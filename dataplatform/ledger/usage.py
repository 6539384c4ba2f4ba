"""What a run used of what AWS bills by time: calls of functions, and Spark jobs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from typing import Final, Literal

from dataplatform.ledger.runs import STEP_DAYS
from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import put

Meter = Literal["lambda", "glue"]

_STAMP: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One call of a function, or one run of a job, by its own clock.

    size: MiB of the function's memory, or the job's DPU.
    subject: what it worked on: a dataset, one of its batches, a model (as `engines.model_subject`)
        or a table; "" for several, or for the run.
    """

    run_id: str
    step: str
    meter: Meter
    size: int
    milliseconds: int
    subject: str = ""


class UsageBooks(LedgerTable):
    """Each call and each job's run is one item, kept as long as the run's steps."""

    def used(
        self,
        run_id: str,
        step: str,
        *,
        meter: Meter,
        size: int,
        milliseconds: int,
        subject: str = "",
    ) -> Usage:
        """Note what one call or one job's run took."""
        usage = Usage(
            run_id=run_id,
            step=step,
            meter=meter,
            size=size,
            milliseconds=milliseconds,
            subject=subject,
        )
        order = f"{self._moment().strftime(_STAMP)}#{secrets.token_hex(4)}"
        key = {"pk": f"run#{run_id}", "sk": f"usage#{order}"}
        self._write(put({**key, **vars(usage), "expires_at": self._expires(STEP_DAYS)}))
        return usage

    def usage(self, run_id: str) -> list[Usage]:
        """Everything that a run used, oldest first."""
        found = self._query(f"run#{run_id}", prefix="usage#")
        names = [field.name for field in fields(Usage)]
        return [Usage(**{name: item[name] for name in names if name in item}) for item in found]
