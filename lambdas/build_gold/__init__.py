"""Builds gold models in a function."""
