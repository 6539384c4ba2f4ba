"""The Glue Data Catalog as PyIceberg's catalogue, with fewer requests for each commit."""

from __future__ import annotations

import threading
from typing import Any, Final

from cachetools import LRUCache
from pyiceberg.catalog.glue import GlueCatalog, _construct_table_input
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.update import TableRequirement, TableUpdate

from dataplatform.adapters.iceberg.file_io import BotoFileIO

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
            found = self._loaded.get(table.metadata_location)
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
        self._update_glue_table(
            database_name=database,
            table_name=name,
            table_input=_construct_table_input(
                table_name=name,
                metadata_location=made.metadata_location,
                properties=made.properties,
                metadata=made.metadata,
                # PyIceberg writes into what it is given, and another commit may be on the way.
                glue_table={**entry, "Parameters": dict(entry["Parameters"])},
                prev_metadata_location=current.metadata_location,
            ),
            version_id=entry["VersionId"],
        )
        return CommitTableResponse.model_construct(
            metadata=made.metadata, metadata_location=made.metadata_location
        )

    def _update_glue_table(
        self, database_name: str, table_name: str, table_input: Any, version_id: str
    ) -> None:
        """Where an answer is lost, boto3 asks again, and Glue refuses what it has done already.

        PyIceberg would delete the manifests of a commit that it takes for refused: other commits
        may stand on them by then.
        """
        try:
            super()._update_glue_table(database_name, table_name, table_input, version_id)
        except CommitFailedException:
            now = self._get_glue_table(database_name=database_name, table_name=table_name)
            if not self._stands_on(now, _location(table_input)):
                raise

    def _stands_on(self, entry: Any, location: str) -> bool:
        """Whether an entry of the catalogue is of these metadata, or of later ones."""
        if _location(entry) == location:
            return True
        metadata = self._convert_glue_to_iceberg(entry).metadata
        return any(before.metadata_file == location for before in metadata.metadata_log)

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


def _location(entry: Any) -> str:
    """Of the metadata that an entry of the catalogue stands for."""
    return str(entry["Parameters"]["metadata_location"])
