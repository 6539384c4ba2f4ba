"""The outside world: S3, Iceberg, the warehouse."""
