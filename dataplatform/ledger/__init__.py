"""The ledger: what landed, what became of it, and who may write where."""
