"""Balances the books and ends a run."""
