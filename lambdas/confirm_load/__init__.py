"""Looks how a load went, and goes on to the next."""
