"""Completes the warehouse."""
