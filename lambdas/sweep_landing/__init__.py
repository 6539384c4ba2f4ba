"""Registers what landed without being told of."""
