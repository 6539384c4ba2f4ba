"""Derives the rows of one chunk of a backfill anew."""
