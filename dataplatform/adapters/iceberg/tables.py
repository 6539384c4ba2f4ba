"""The Glue Data Catalog through PyIceberg: open tables, find what was committed, commit files.

Importing PyIceberg takes about a second with its byte code and three without: only what writes
Iceberg imports this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from dataplatform.adapters.iceberg.commits import changing, until_first
from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.staging import stage
from dataplatform.errors import TableMissing
from dataplatform.ledger.staging import carries
from dataplatform.naming import BATCHES_PROPERTY, CATALOG
from dataplatform.overtaken import overtaken

_FILE_IO: Final = "dataplatform.adapters.iceberg.file_io.BotoFileIO"


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The Glue catalogue; boto3 takes endpoint, region, CA and role from the environment."""
    import boto3

    return CommittingGlue(CATALOG, client=boto3.client("glue"), **{"py-io-impl": _FILE_IO})


def open_table(name: str) -> Table:
    """The table `database.name` as it is now.

    Raises:
        TableMissing: it isn't in the catalogue.
    """
    try:
        return catalog().load_table(name)
    except NoSuchTableError as error:
        raise TableMissing(
            f"the table {name} isn't in the catalogue",
            why="There is nowhere to write its rows.",
            remedy="Deploy the catalog stack: migrate_schemas makes the tables of the contracts.",
        ) from error


def committed(table: Table, mark: str) -> Mapping[str, str] | None:
    """The summary of the snapshot that carries `mark` in its batches; None where there is none."""
    for snapshot in reversed(table.metadata.snapshots):
        if snapshot.summary is None:
            continue
        if carries(snapshot.summary.additional_properties, mark):
            return snapshot.summary.additional_properties
    return None


def append_once(
    table: Table, files: Sequence[DataFile], *, mark: str, properties: Mapping[str, str]
) -> bool:
    """Append data files in one commit that carries `mark`; without files, the mark alone.

    The mark is looked for in the same metadata that the commit builds on, and Glue refuses a commit
    on metadata that another writer has replaced. So two attempts at once can't both append.

    Returns:
        False where the mark is there already, and nothing was added.
    """

    def append() -> bool:
        if committed(table, mark) is not None:
            return False
        _append(table, files, {BATCHES_PROPERTY: mark, **properties})
        return True

    return until_first(append, when_overtaken=table.refresh)


def replace_once(
    table: Table,
    *,
    removed: Sequence[DataFile],
    added: Sequence[DataFile],
    mark: str,
    properties: Mapping[str, str],
) -> bool:
    """Replace data files in one commit that carries `mark`, while others append to the table.

    Args:
        removed: files whose rows that stay are in `added`.

    Returns:
        False where the mark is there already, and nothing was changed.

    Raises:
        Overtaken: somebody has replaced one of the files meanwhile.
    """

    def replace() -> bool:
        if committed(table, mark) is not None:
            return False
        if removed:
            live = {task.file.file_path for task in table.scan().plan_files()}
            if any(file.file_path not in live for file in removed):
                raise overtaken(table.name()[-1])
        with changing(table) as transaction:
            summary = {BATCHES_PROPERTY: mark, **properties}
            update = transaction.update_snapshot(snapshot_properties=summary)
            stage(update, table, added=added, removed=removed)
        return True

    return until_first(replace, when_overtaken=table.refresh)


def _append(table: Table, files: Sequence[DataFile], summary: dict[str, str]) -> None:
    with changing(table) as transaction:
        update = transaction.update_snapshot(snapshot_properties=summary)
        stage(update, table, added=files, removed=())
