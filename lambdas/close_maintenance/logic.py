"""The end of a run of the maintenance: what failed is said, what is large is left to Spark."""

from __future__ import annotations

from typing import Any

from dataplatform.errors import WeirError
from dataplatform.ledger import Ledger


class MaintenanceFailed(WeirError):
    """Some tables couldn't be looked after; the others were."""


def close_maintenance(ledger: Ledger, run: str, *, final: bool) -> dict[str, Any]:
    """Say whether tables wait for Spark; at the end, fail where a table has failed.

    Raises:
        MaintenanceFailed: with every such table, and what stands in its way.
    """
    tables = ledger.maintenance(run)
    waiting = [each.table for each in tables if each.state == "spark"]
    if waiting and not final:
        return {"run": run, "spark": True}
    failed = {each.table: each.detail for each in tables if each.state == "failed"}
    failed |= {
        each.table: "its function or job ended without an answer: out of time or memory"
        for each in tables
        if each.state in ("started", "spark")
    }
    if failed:
        raise MaintenanceFailed(
            "; ".join(f"{table}: {why}" for table, why in sorted(failed.items())),
            why=f"{len(failed)} of {len(tables)} tables; the others were looked after.",
            remedy="Rows are as they were. Mend the cause; the next run tries again.",
        )
    return {"run": run, "spark": False}
