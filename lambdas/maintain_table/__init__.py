"""Looks after one table: joins small files, forgets snapshots, finds orphans."""
