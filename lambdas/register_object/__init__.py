"""Registers landed objects."""
