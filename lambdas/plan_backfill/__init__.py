"""Says what a backfill derives anew, in how many chunks."""
