"""What each run of the maintenance did to each table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import put

KEPT_DAYS: Final = 90

MaintenanceState = Literal["started", "done", "spark", "skipped", "failed"]
"""`spark`: too large for a function, a job is to join its files. `skipped`: a writer had it."""


@dataclass(frozen=True, kw_only=True)
class TableMaintenance:
    """One table in one run of the maintenance; sizes are in bytes.

    joined: small files that were written anew as fewer.
    forgotten: snapshots dropped from the metadata.
    orphans: files that no snapshot names; `deleted` of them are gone.
    replayed: rows of quarantine that replays took long ago; `removed` of them are gone.
    detail: why it was skipped, left to Spark or failed.
    """

    run: str
    table: str
    state: MaintenanceState
    engine: str = ""
    rows: int = 0
    files_before: int = 0
    files: int = 0
    bytes_before: int = 0
    bytes: int = 0
    manifests_before: int = 0
    manifests: int = 0
    joined: int = 0
    forgotten: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    deleted: int = 0
    replayed: int = 0
    removed: int = 0
    detail: str = ""


class MaintenanceBooks(LedgerTable):
    """Maintenance runs, by table; forgotten themselves after a while."""

    def note_maintenance(self, maintenance: TableMaintenance) -> None:
        """Keep what is known of a table in a run; what a retry finds takes its place."""
        key = {"pk": f"maintenance#{maintenance.run}", "sk": maintenance.table}
        detail = {"detail": maintenance.detail[:2000]}
        expires = {"expires_at": self._expires(KEPT_DAYS)}
        self._write(put({**key, **asdict(maintenance), **detail, **expires}))

    def maintenance(self, run: str) -> list[TableMaintenance]:
        """All tables of a run, by name."""
        found = self._query(f"maintenance#{run}")
        names = [f.name for f in fields(TableMaintenance)]
        return [
            TableMaintenance(**{name: item[name] for name in names if name in item})
            for item in found
        ]
