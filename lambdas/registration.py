"""What landing has becomes due, once, whoever tells of it."""

from __future__ import annotations

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import LandedObject
from dataplatform.naming import pulled_prefix
from dataplatform.plans.model import PlatformPlan


def take_note(ledger: Ledger, plan: PlatformPlan, landed: LandedObject) -> str:
    """Register an object that landing has, unless it is another's to register.

    Returns:
        "registered", "seen", "unclaimed" (no contract has its folder), "pulled" or "folder".
    """
    if landed.key.endswith("/") and landed.size == 0:
        return "folder"
    if _is_pulled(landed, plan):
        return "pulled"
    if not ledger.register_object(landed):
        return "seen"
    return "registered" if landed.dataset else "unclaimed"


def _is_pulled(landed: LandedObject, plan: PlatformPlan) -> bool:
    if not landed.dataset or not landed.key.startswith(pulled_prefix(landed.dataset)):
        return False
    return plan.dataset(landed.dataset).source.kind == "api"
