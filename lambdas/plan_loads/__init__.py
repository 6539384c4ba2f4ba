"""Says which gold models the warehouse has to take."""
