"""Ends a run of the maintenance."""
