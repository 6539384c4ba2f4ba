"""How old the newest data of each dataset is, and how long what has landed waits."""

from __future__ import annotations

from datetime import datetime

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import age_of
from dataplatform.plans.model import PlatformPlan


def data_ages(ledger: Ledger, plan: PlatformPlan, now: datetime) -> dict[str, int]:
    """Seconds since the newest published object arrived, of datasets that promise freshness.

    Publishing old objects makes nothing fresh, and what landed but isn't published is of use to
    nobody: both would hide what a reader sees. A dataset that has published nothing has no age, and
    is left out: its alarm takes silence for the worst.
    """
    newest = {totals.dataset: totals.newest for totals in ledger.all_totals()}
    return {
        dataset.dataset: age_of(arrived, now)
        for dataset in plan.datasets
        if dataset.freshness_minutes is not None and (arrived := newest.get(dataset.dataset))
    }


def data_waits(ledger: Ledger, plan: PlatformPlan, now: datetime) -> dict[str, int]:
    """Seconds for which the oldest unpublished object has waited, of datasets that promise latency.

    0 where everything is published: then nobody waits for anything.
    """
    promised = [each.dataset for each in plan.datasets if each.latency_minutes is not None]
    since = ledger.unpublished_since(promised) if promised else {}
    return {name: age_of(since[name], now) if name in since else 0 for name in promised}
