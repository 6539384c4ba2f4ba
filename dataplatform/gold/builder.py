"""One gold model, brought to what its inputs say in one commit, by whichever engine."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from dataplatform.gold.due import ChangedRows, available, changed_rows
from dataplatform.gold.records import (
    Consumed,
    Counts,
    Export,
    ExportedFile,
    Snapshot,
    copy_manifest,
)
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import ModelState, StepState, TableSize, table_lease
from dataplatform.naming import (
    CHANGES_PROPERTY,
    CONSUMED_PROPERTY,
    DIGEST_PROPERTY,
    OUTCOMES_PROPERTY,
    changes_table,
)
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import GoldModel, PlatformPlan

STEP: Final = "gold"

log = logging.getLogger("weir.gold")


Told = Callable[[int, Sequence[ExportedFile]], Mapping[str, str]]
"""An append's snapshot and exactly its files -> properties of the commit that follows it.

The append may be on its way still: nothing that is made of it is shown before that commit.
"""


class Changes(Protocol):
    """A model's changed rows, as an engine holds them."""

    @property
    def counts(self) -> Counts:
        """The rows by action."""
        ...

    def require_unique(self) -> None:
        """Refuse rows that share a key: which of them were kept would be chance.

        Raises:
            AuditFailed: with one such key.
        """
        ...

    def publish(self, changes: str, told: Told) -> None:
        """Append them to the changes table; then stage the model's on the audit branch, count them,
        and make them visible. What is staged may be written before the append is committed.

        Args:
            changes: the changes table.
            told: is called once it is known what the append will be. The model's commit has the
                properties that it answers with, and comes after the append's.

        Raises:
            AuditFailed: the branch holds another number of rows; `main` is as it was.
        """
        ...


class GoldEngine(Protocol):
    """What a build asks of an engine."""

    def snapshots(self, table: str) -> Sequence[Snapshot]:
        """Snapshots that readers of a table have seen, newest first."""
        ...

    def rows(self, table: str) -> int:
        """Rows that readers of a table see."""
        ...

    def changes(
        self, model: GoldModel, changed: ChangedRows | None
    ) -> AbstractContextManager[Changes]:
        """Compute the model and compare it with its table.

        Args:
            changed: the input's rows that suffice; None to compute the whole model, in which case
                a key that it lacks is deleted.
        """
        ...

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        ...


@dataclass(frozen=True, kw_only=True)
class GoldBuilder:
    """Builds models for one run of the pipeline.

    bucket: where the exports' manifests go.
    lease: holds a lease for a block; LeaseHeld where another lives that has it.
    handed_over: errors by which the engine passes a model on to another; no failure of the run.
    """

    engine: GoldEngine
    ledger: Ledger
    plan: PlatformPlan
    run_id: str
    bucket: str
    lease: Callable[[str], AbstractContextManager[object]]
    handed_over: tuple[type[Exception], ...] = ()

    def build_due(self, name: str) -> Counts | None:
        """Build a model unless it is what its inputs say already: None then."""
        model = self.plan.model(name)
        now = available(self.ledger, model)
        with self.lease(table_lease(model.table)):
            built = self._state(model)
            same = built is not None and built.digest == model.digest
            known = built.sequences if built and same else {}
            if same and known == now:
                return None
            self._step(name, "started")
            try:
                counts = until_not_overtaken(lambda: self._build(model, built, known, now))
            except self.handed_over as error:
                self._step(name, "skipped", str(error))
                raise
            except Exception as error:
                self._step(name, "failed", str(error))
                raise
        self.ledger.step(self.run_id, STEP, dataset=name, state="done", counts=asdict(counts))
        return counts

    def _build(
        self, model: GoldModel, built: ModelState | None, known: Consumed, now: Consumed
    ) -> Counts:
        """The export for the warehouse is written first and named in the table's commit.

        So a function or job killed between the two exports again, as does one whose commit was
        overtaken, and one killed after the commit finds the export's name in the table.
        """
        changed = changed_rows(self.plan, model, known, now, self.engine.snapshots)
        exported = Export("", 0)

        def told(snapshot: int, files: Sequence[ExportedFile]) -> Mapping[str, str]:
            nonlocal exported
            exported = self._export(model, snapshot, files, counts)
            return {
                CONSUMED_PROPERTY: json.dumps(dict(now), sort_keys=True),
                CHANGES_PROPERTY: exported.to_json(),
                OUTCOMES_PROPERTY: json.dumps(asdict(counts)),
                DIGEST_PROPERTY: model.digest,
            }

        with self.engine.changes(model, changed) as changes:
            counts = changes.counts
            if counts.total:
                changes.require_unique()
                changes.publish(changes_table(model.table), told)
        self._tell_ledger(model, built, counts, exported, now)
        log.info("%s: %s (%s)", model.name, counts, "incremental" if changed else "whole")
        return counts

    def _export(
        self, model: GoldModel, snapshot: int, files: Sequence[ExportedFile], counts: Counts
    ) -> Export:
        key = f"exports/{model.name}/{snapshot}.manifest"
        self.engine.put(self.bucket, key, copy_manifest(files))
        return Export(f"s3://{self.bucket}/{key}", counts.total)

    def _state(self, model: GoldModel) -> ModelState | None:
        """What the model was last made from, and by which digest; None before its first build.

        The ledger knows it, unless a builder was killed between its commit and telling the ledger:
        then the table's own snapshot says it, and the ledger is told now, export included.
        """
        recorded = self.ledger.model(model.name)
        newest = _newest_build(self.engine.snapshots(model.table))
        if newest and (recorded is None or recorded.snapshot != newest.snapshot_id):
            consumed: Consumed = json.loads(newest.summary[CONSUMED_PROPERTY])
            digest = newest.summary[DIGEST_PROPERTY]
            counts = Counts(**json.loads(newest.summary[OUTCOMES_PROPERTY]))
            exported = Export.from_json(newest.summary[CHANGES_PROPERTY])
            log.info("%s: snapshot %s was not in the ledger", model.name, newest.snapshot_id)
            self._tell_ledger(model, recorded, counts, exported, consumed, digest)
            self.ledger.step(self.run_id, STEP, dataset=model.name, counts=asdict(counts))
            return self.ledger.model(model.name)
        return recorded

    def _tell_ledger(
        self,
        model: GoldModel,
        before: ModelState | None,
        counts: Counts,
        exported: Export,
        consumed: Consumed,
        digest: str = "",
    ) -> None:
        """`digest`: of the model that made the commit; today's model where it isn't given."""
        snapshots = self.engine.snapshots(model.table)
        newest = _newest_build(snapshots)
        self.ledger.model_built(
            model.name,
            run_id=self.run_id,
            sequences=dict(consumed),
            snapshot=newest.snapshot_id if newest else 0,
            inserted=counts.inserted,
            updated=counts.updated,
            deleted=counts.deleted,
            rows=self.engine.rows(model.table),
            export_uri=exported.uri,
            digest=digest or model.digest,
            before=before,
            size=TableSize.of_snapshot(snapshots[0].summary) if snapshots else TableSize(),
        )

    def _step(self, model: str, state: StepState, detail: str = "") -> None:
        self.ledger.step(self.run_id, STEP, dataset=model, state=state, detail=detail[:500])


def _newest_build(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """The last commit that changed rows; a compaction since then changed none."""
    return next((found for found in snapshots if CONSUMED_PROPERTY in found.summary), None)
