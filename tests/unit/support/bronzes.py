"""Batches staged into bronze."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dataplatform.adapters.bronze import recorded, stage
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.staging import Staged
from tests.unit.support.lakes import Lake, claimed, stores

PLAN: Final = stores()
RECORDS: Final = ((1, "Bilbao", "10.50", "1997-01-01"), (2, 'A "b", c\nd', "", ""))

_MIB = 1024 * 1024


def staged(
    lake: Lake, tmp_path: Path, *objects: LandedObject, batch_id: str = "b1", **changes: Any
) -> Staged:
    """Stage objects as one batch; `changes` to the plan of `stores`."""
    plan = stores(**changes)
    limit = 100 * _MIB
    return stage(plan, claimed(batch_id), objects, s3=lake.s3, directory=tmp_path, limit=limit)


def counted(batch_id: str) -> Staged | None:
    """What the commit of a batch says; None where the batch isn't in bronze."""
    return recorded(open_table(PLAN.bronze_table), batch_id)
