"""The compiled platform: frozen values that travel as one JSON asset.

Nothing here imports more than the standard library: Lambda functions and Glue jobs read it.
SQL in a plan is complete but for the `{placeholders}` that each field's comment names; they are
filled by `str.format`-free replacement (`fill`), so that braces in SQL stay untouched.
"""

from __future__ import annotations

from dataplatform.plans.model.column import Column
from dataplatform.plans.model.gold import GoldModel, GoldSql, WarehouseSql
from dataplatform.plans.model.placeholders import fill
from dataplatform.plans.model.platform import PlatformPlan
from dataplatform.plans.model.queries import LiveModel, SummaryModel
from dataplatform.plans.model.silver import STREAM, AuditSql, SilverPlan, SilverSql, SourcePlan
from dataplatform.quality.model import Check, Gate

__all__ = [
    "STREAM",
    "AuditSql",
    "Check",
    "Column",
    "Gate",
    "GoldModel",
    "GoldSql",
    "LiveModel",
    "PlatformPlan",
    "SilverPlan",
    "SilverSql",
    "SourcePlan",
    "SummaryModel",
    "WarehouseSql",
    "fill",
]
