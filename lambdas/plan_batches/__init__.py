"""Makes batches of what has landed."""
