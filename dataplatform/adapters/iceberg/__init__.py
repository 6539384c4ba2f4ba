"""Iceberg tables through PyIceberg: made, evolved, committed to, looked after."""
