"""Says whether gold has anything to do."""
