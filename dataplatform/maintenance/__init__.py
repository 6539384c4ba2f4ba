"""What maintenance decides without a table: which files to join, which snapshots to forget."""
