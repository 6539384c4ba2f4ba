"""Redshift's SQL on DuckDB: tables, transactions and rights, as statements see them."""
