"""A model's Spark SQL for both engines: DuckDB's is written so that its rows are Spark's."""
