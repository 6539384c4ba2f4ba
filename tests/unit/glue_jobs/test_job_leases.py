"""A job meets a lease that another has: what looks after a table is waited for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dataplatform.errors import LeaseHeld
from dataplatform.ledger import Ledger
from glue_jobs import runtime
from glue_jobs.runtime import Job
from tests.unit.support.clocks import sleeping

TABLE = "table:weir_dev_silver.sales"
MAINTENANCE = "maintenance/1f0c/request-1"


def test_a_table_that_is_looked_after_is_waited_for(
    job: Callable[..., Job], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = connected.acquire_lease(TABLE, MAINTENANCE, 120)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            connected.release_lease(TABLE, MAINTENANCE, token=held.token)

    sleeping(monkeypatch, "glue_jobs.runtime", sleep)
    with job().lease(TABLE) as mine:
        assert connected.lease_holder(TABLE) == mine
    assert len(waited) == 3
    assert connected.lease_holder(TABLE) is None


def test_it_is_not_waited_for_for_ever(
    job: Callable[..., Job], connected: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.acquire_lease(TABLE, MAINTENANCE, 120)
    monkeypatch.setattr(runtime, "_PATIENCE_SECONDS", 0)
    sleeping(monkeypatch, "glue_jobs.runtime")
    with pytest.raises(LeaseHeld, match=MAINTENANCE), job().lease(TABLE):
        pass
