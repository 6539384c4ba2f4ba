"""The ledger as one object: every concern over the same table."""

from __future__ import annotations

from dataplatform.ledger.backfills import Backfills
from dataplatform.ledger.cursors import Cursors
from dataplatform.ledger.engines import Engines
from dataplatform.ledger.gold import Gold
from dataplatform.ledger.maintenance import MaintenanceBooks
from dataplatform.ledger.queues import Queues
from dataplatform.ledger.told import ToldBooks
from dataplatform.ledger.usage import UsageBooks


class Ledger(Backfills, Cursors, Engines, Queues, ToldBooks, UsageBooks, MaintenanceBooks, Gold):
    """What landed, what became of it, and who may write where.

    Every change is conditional on what it starts from, so that doing it twice, or by a holder that
    has lost its lease, is refused; every read is strongly consistent.
    """
