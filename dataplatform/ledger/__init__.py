"""The ledger: what landed, what became of it, and who may write where."""

from dataplatform.ledger.ledger import Ledger

__all__ = ["Ledger"]
