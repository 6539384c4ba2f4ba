"""What a commit does to a table's manifests: PyIceberg leaves the choice to whoever commits."""

from __future__ import annotations

from collections.abc import Sequence

from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import UpdateSnapshot, _FastAppendFiles, _OverwriteFiles


def stage_append(update: UpdateSnapshot, table: Table) -> _FastAppendFiles:
    """An append as the table's properties ask for it."""
    merge = table.properties.get(TableProperties.MANIFEST_MERGE_ENABLED) == "true"
    return update.merge_append() if merge else update.fast_append()


def stage(
    update: UpdateSnapshot,
    table: Table,
    *,
    added: Sequence[DataFile],
    removed: Sequence[DataFile],
    snapshot_id: int | None = None,
) -> None:
    """Write the manifests of one commit that adds files, and removes others.

    Args:
        snapshot_id: that the commit is to have; PyIceberg draws one if not told.
    """
    with _Overwrite.of(update) if removed else stage_append(update, table) as staging:
        if snapshot_id is not None:
            staging._snapshot_id = snapshot_id
        for file in added:
            staging.append_data_file(file)
        for file in removed:
            staging.delete_data_file(file)


class _Overwrite(_OverwriteFiles):
    """Leaves manifests behind that name deleted files alone, as Iceberg's own library does.

    PyIceberg takes along those of each commit that there ever was, and each plan reads them.
    """

    @classmethod
    def of(cls, update: UpdateSnapshot) -> _Overwrite:
        """What `update.overwrite()` would be."""
        return cls(
            operation=Operation.OVERWRITE,
            transaction=update._transaction,
            io=update._io,
            branch=update._branch,
            snapshot_properties=update._snapshot_properties,
        )

    def _existing_manifests(self) -> list[ManifestFile]:
        return [manifest for manifest in super()._existing_manifests() if has_files(manifest)]


def has_files(manifest: ManifestFile) -> bool:
    """Whether a manifest names any file that readers see."""
    return manifest.has_added_files() or manifest.has_existing_files()
