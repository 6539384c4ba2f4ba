"""Stages a batch of landed objects in bronze."""
