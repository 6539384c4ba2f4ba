"""Says which tables a run of the maintenance looks after."""
