"""Glue's Spark jobs: scripts that wire, and pure transforms beside them."""
