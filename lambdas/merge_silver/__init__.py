"""Publishes one dataset's batches with DuckDB."""
