"""Pulls records from an HTTP API into landing."""
