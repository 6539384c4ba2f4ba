"""Starts the pipeline where something is due."""
