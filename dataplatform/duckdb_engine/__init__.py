"""The engine for small work: DuckDB in a function, Iceberg tables through PyIceberg."""
