"""Submits the oldest waiting export of a model to the warehouse."""
