"""What runs, as frozen values; and what a SQL file says, which they are compiled from."""
