"""Write locks on tables, held until the transaction ends, as in Redshift."""

from __future__ import annotations

import threading
import time
from typing import Final

from embedded_aws.redshift.errors import SqlError

_WAIT_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.2
"""How often a waiting statement looks whether it was cancelled."""


class TableLocks:
    """Who may write which table of one database."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, ...], object] = {}
        self._changed = threading.Condition()

    def acquire(self, holder: object, table: tuple[str, ...], cancelled: threading.Event) -> None:
        """Wait until no other transaction writes the table.

        Raises:
            SqlError: cancelled meanwhile, or waited too long (a deadlock ends so).
        """
        table = table if len(table) > 1 else ("public", *table)
        deadline = time.monotonic() + _WAIT_SECONDS
        with self._changed:
            while self._holders.setdefault(table, holder) is not holder:
                if cancelled.is_set():
                    raise SqlError("Query (0) cancelled on user's request")
                if time.monotonic() > deadline:
                    raise SqlError("deadlock detected")
                self._changed.wait(_LOOK_SECONDS)

    def release(self, holder: object) -> None:
        """Let go of everything that the transaction held."""
        with self._changed:
            for table in [table for table, by in self._holders.items() if by is holder]:
                del self._holders[table]
            self._changed.notify_all()
