"""The Glue Data Catalog as PyIceberg's catalogue, with fewer requests for each commit."""

from __future__ import annotations

import threading
from typing import Any, Final

from cachetools import LRUCache
from pyiceberg.catalog.glue import GlueCatalog, _construct_table_input
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.update import TableRequirement, TableUpdate

from dataplatform.adapters.iceberg_io import BotoFileIO

_TABLES: Final = 64


class CommittingGlue(GlueCatalog):
    """A table that was loaded is committed on what it was loaded as.

    PyIceberg asks for the table once more at each commit. But it is Glue that says whether another
    commit came first, by the version that an update names: the one that was loaded does for that.
    """

    def __init__(self, name: str, **properties: Any) -> None:
        super().__init__(name, **properties)
        self._lock = threading.Lock()
        self._loaded: LRUCache[str, tuple[dict[str, Any], Table]] = LRUCache(_TABLES)

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """Commit; what the commit consists of is in S3 before the catalogue names it.

        Raises:
            CommitFailedException: another commit came first.
            FileExistsError, PermissionError, ClientError: S3 refused a file of the commit.
        """
        sending = table.io.sending if isinstance(table.io, BotoFileIO) else None
        with self._lock:
            found = self._loaded.pop(table.metadata_location, None)
        if found is None:  # it was committed since, and its version isn't known
            if sending:
                sending.settle()
            return super().commit_table(table, requirements, updates)
        entry, current = found
        made = self._update_and_stage_table(current, table.name(), requirements, updates)
        self._write_metadata(made.metadata, table.io, made.metadata_location)
        if sending:
            sending.settle()
        database, name = table.name()
        try:
            self._update_glue_table(
                database_name=database,
                table_name=name,
                table_input=_construct_table_input(
                    table_name=name,
                    metadata_location=made.metadata_location,
                    properties=made.properties,
                    metadata=made.metadata,
                    glue_table=entry,
                    prev_metadata_location=current.metadata_location,
                ),
                version_id=entry["VersionId"],
            )
        except CommitFailedException:
            if not self._is_at(database, name, made.metadata_location):
                raise
        return CommitTableResponse.model_construct(
            metadata=made.metadata, metadata_location=made.metadata_location
        )

    def _is_at(self, database: str, name: str, location: str) -> bool:
        """Whether a commit that was refused is there: boto3 tries again where an answer is lost.

        PyIceberg would delete the manifests of what it takes for refused.
        """
        now = self._get_glue_table(database_name=database, table_name=name)
        return bool(now.get("Parameters", {}).get("metadata_location") == location)

    def _convert_glue_to_iceberg(self, glue_table: Any) -> Table:
        table = super()._convert_glue_to_iceberg(glue_table)
        if glue_table.get("VersionId"):
            # Whoever loads a table may change what it has of it: this is another one.
            same = Table(
                table.name(), table.metadata, table.metadata_location, table.io, catalog=self
            )
            with self._lock:
                self._loaded[table.metadata_location] = glue_table, same
        return table

    def _is_s3tables_database(self, database_name: str) -> bool:
        """No: the platform's databases are buckets of its own, and the answer costs a request."""
        return False
