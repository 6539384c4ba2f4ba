"""Landed bytes to rows of text, with no more than the standard library."""
