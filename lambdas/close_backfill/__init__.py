"""Ends a backfill, and takes note of chunks that couldn't be done."""
