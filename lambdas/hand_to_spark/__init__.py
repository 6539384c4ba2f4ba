"""Leaves to Spark what a function could not do."""
