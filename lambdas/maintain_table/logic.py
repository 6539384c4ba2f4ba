"""One table, looked after: small files joined, snapshots forgotten, orphans found."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pyiceberg.table import FileScanTask, Table

from dataplatform.adapters.iceberg import maintenance, rewrite
from dataplatform.adapters.iceberg.commits import until_first
from dataplatform.adapters.iceberg.maintenance import expirable
from dataplatform.adapters.iceberg.rewrite import Files, Joined
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, ChunkCall, holder
from dataplatform.ledger.leases import lease_lost
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.ledger.records import Lease
from dataplatform.maintenance.history import Needs
from dataplatform.maintenance.leases import lease_of
from dataplatform.maintenance.optimizers import optimized_tables
from dataplatform.plans.model import PlatformPlan
from lambdas.maintain_table.needs import needs_of
from lambdas.maintain_table.replayed import tidy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FUNCTION_BYTES: Final = 4 * 1024**3
"""Of small files that a function joins in its 15 minutes; a Spark job joins more than that.
An estimate: at 5 MiB/s, below any rate that was seen, it would take 14 of them."""

ORPHAN_AGE: Final = timedelta(days=3)
"""What a writer may have written and not yet committed: Iceberg's default, and longer than a run
of the pipeline and its retries last."""

_LEASE_SECONDS: Final = 120
"""Of the commits alone. Should the function die, the table is free again after that."""

_CALL_SECONDS: Final = 120
"""Waited for a function's call that has the table: it takes seconds, on a busy machine minutes."""

_JOB_SECONDS: Final = 30
"""Waited for any other holder: a job goes on for as long as it likes."""

_POLL_SECONDS: Final = 0.5


def patience_with(writer: Lease) -> float:
    """Seconds to wait for a writer that has a table."""
    by_call = isinstance(holder(writer.owner), Call | ChunkCall)
    return _CALL_SECONDS if by_call else _JOB_SECONDS


@dataclass(frozen=True, kw_only=True)
class Caretaker:
    """Looks after tables for one run of the maintenance.

    owner: of leases; another for each call.
    deletes: whether orphans are deleted; else they are counted.
    removes: whether rows of quarantine that replays took long ago are removed; else counted.
    joined_by_glue: whether small files of silver and gold are left to Glue's own compaction.
    patience: seconds to wait for the writer that has a table.
    """

    ledger: Ledger
    plan: PlatformPlan
    s3: S3Client
    run: str
    owner: str
    deletes: bool
    removes: bool
    joined_by_glue: bool
    now: datetime
    patience: Callable[[Lease], float] = patience_with

    def maintain(self, name: str) -> TableMaintenance:
        """Look after a table; what was done is in the ledger, also where it failed.

        Files are joined before the table's lease is taken, so a writer waits for two commits at
        most. Where a writer keeps the lease, the table is left to the next run.
        """
        done = TableMaintenance(run=self.run, table=name, state="started")
        self.ledger.note_maintenance(done)
        try:
            done = self._tended(done)
        except LeaseHeld as held:
            done = replace(done, state="skipped", detail=held.what)
        except Exception as error:
            done = replace(done, state="failed", detail=f"{type(error).__name__}: {error}")
        self.ledger.note_maintenance(done)
        return done

    def _tended(self, done: TableMaintenance) -> TableMaintenance:
        found, removed = tidy(
            self.ledger,
            self.plan,
            done.table,
            run=self.run,
            now=self.now,
            removes=self.removes,
            alone=lambda: self._alone(done.table),
        )
        done = replace(done, replayed=found, removed=removed)
        table = open_table(done.table)
        files = Files(table)
        groups = [] if self._is_glues(done.table) else files.small()
        to_join = sum(task.file.file_size_in_bytes for group in groups for task in group)
        too_large = to_join > FUNCTION_BYTES or files.has_row_deletes
        joined = [] if too_large else self._joined(table, groups)
        given_up, forgotten = self._committed(table, joined, manifests=files.many_manifests)
        before, after = files.layout, Files(open_table(done.table)).layout
        done = replace(
            done,
            state="spark" if too_large else "done",
            engine="" if too_large else "pyiceberg",
            detail=f"{to_join:,} bytes of small files are for Spark" if too_large else "",
            rows=after.rows,
            files_before=before.files,
            files=after.files,
            bytes_before=before.bytes,
            bytes=after.bytes,
            manifests_before=before.manifests,
            manifests=after.manifests,
            joined=sum(len(each.old) for each in joined if each not in given_up),
            forgotten=forgotten,
        )
        return self._without_orphans(open_table(done.table), done)

    def _is_glues(self, table: str) -> bool:
        """Both would read and write the same files, and one of them in vain."""
        return self.joined_by_glue and table in optimized_tables(self.plan)

    def _joined(self, table: Table, groups: Sequence[Sequence[FileScanTask]]) -> list[Joined]:
        """Nothing is written where a writer has the table: it would most likely be given up."""
        if groups:
            self._wait_for_writer(lease_of(self.plan, _name(table)))
        return [rewrite.join(table, group) for group in groups]

    def _alone(self, name: str) -> AbstractContextManager[Lease]:
        """Hold a table's lease."""
        lease = lease_of(self.plan, name)
        self._wait_for_writer(lease)
        return self.ledger.lease(lease, self.owner, _LEASE_SECONDS)

    def _wait_for_writer(self, lease: str) -> None:
        """Return once nobody has the lease.

        Raises:
            LeaseHeld: its holder keeps it.
        """
        began = time.monotonic()
        while writer := self.ledger.lease_holder(lease):
            if time.monotonic() - began >= self.patience(writer):
                raise lease_lost(lease, writer)
            time.sleep(_POLL_SECONDS)  # a lease is polled: DynamoDB calls nobody

    def _committed(
        self, table: Table, joined: Sequence[Joined], *, manifests: bool
    ) -> tuple[list[Joined], int]:
        """Commit under the table's lease; what was given up, and how many snapshots are forgotten.

        Only staging commits without the lease, and only appends: then the commit is tried again.
        Files that aren't committed stay as orphans: whether an answer that was lost was a yes,
        only the table can tell.
        """
        name = _name(table)
        needs = needs_of(self.ledger, self.plan, name)
        if not (joined or manifests or expirable(table.metadata, needs, now=self.now)):
            return [], 0
        given_up: list[Joined] = []
        with self._alone(name):
            if joined or manifests:
                given_up = until_first(lambda: rewrite.commit(table, joined))
            if joined:
                # The commit lists what it removed, in a manifest that each plan of the table would
                # read: with a thousand files, longer than the rows. The next commit drops it.
                until_first(lambda: rewrite.commit(table, []))
            # Asked again: a writer that had the table may have left something to be found there.
            needs = needs_of(self.ledger, self.plan, name)
            return given_up, until_first(lambda: self._forget(name, needs))

    def _forget(self, name: str, needs: Needs) -> int:
        return maintenance.forget(open_table(name), needs, now=self.now)

    def _without_orphans(self, table: Table, done: TableMaintenance) -> TableMaintenance:
        found = maintenance.orphans(table, self.s3, before=self.now - ORPHAN_AGE)
        if self.deletes:
            maintenance.delete(table, self.s3, found)
        return replace(
            done,
            orphans=len(found),
            orphan_bytes=sum(orphan.size for orphan in found),
            deleted=len(found) if self.deletes else 0,
        )


def _name(table: Table) -> str:
    return ".".join(table.name())


def figures(done: TableMaintenance) -> dict[str, object]:
    """For the function's log."""
    return {name: value for name, value in asdict(done).items() if value}
