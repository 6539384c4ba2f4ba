"""What is Spark's whatever the work is: what is asked for, and tables that are too large."""

from __future__ import annotations

from typing import Final

from dataplatform.ledger.records import Totals
from dataplatform.naming import Engine
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import EngineSettings
from dataplatform.sizes import size

_AUTO: Final = "auto"


def asked_for(plan: SilverPlan, wanted: str, *, by: str) -> tuple[Engine, str] | None:
    """The engine that a person or the contract asks for, with the reason; None for neither.

    Args:
        wanted: by a person; "" where nothing was said. by: who that is.
    """
    for said, who in ((wanted, by), (plan.engine, "the contract")):
        if said not in ("", _AUTO):
            return ("duckdb" if said == "duckdb" else "spark"), f"asked for by {who}"
    return None


def table_too_large(plan: SilverPlan, table: Totals, limits: EngineSettings) -> str:
    """Why a table that is written anew by files is Spark's; "" where it isn't."""
    if plan.partition_by or table.bytes <= limits.table_bytes:
        return ""
    over = size(limits.table_bytes)
    return f"table of {size(table.bytes)} without partitions, over {over}"
