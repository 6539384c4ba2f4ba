"""One gold model, brought to what its inputs say in one commit, by whichever engine."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from dataplatform.gold.due import Standing, changed_rows, table_of, tables_of
from dataplatform.gold.engine import GoldEngine
from dataplatform.gold.records import (
    Consumed,
    Counts,
    Export,
    ExportedFile,
    Snapshot,
    copy_manifest,
)
from dataplatform.ledger import Ledger
from dataplatform.ledger.gold import GOLD_STEP
from dataplatform.ledger.records import Lease, ModelState, Step, StepState, TableSize, table_lease
from dataplatform.naming import (
    CHANGES_PROPERTY,
    CONSUMED_PROPERTY,
    DIGEST_PROPERTY,
    OUTCOMES_PROPERTY,
    Zone,
    changes_table,
)
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import GoldModel, PlatformPlan

log = logging.getLogger("weir.gold")


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
    lease: Callable[[str], AbstractContextManager[Lease]]
    handed_over: tuple[type[Exception], ...] = ()

    def build_due(self, name: str, standing: Standing | None = None) -> Counts | None:
        """Build a model unless it is what its inputs say already: None then.

        Args:
            standing: how it stands, if that was asked for already.
        """
        model = self.plan.model(name)
        standing = standing or Standing.of(self.ledger, model)
        now = standing.available
        self.engine.open(table_of(self.plan, *read) for read in tables_of(model.duckdb.full_sql))
        with (
            self.lease(table_lease(model.table)) as lease,
            ThreadPoolExecutor(1, thread_name_prefix="step") as aside,
        ):
            self.engine.open((model.table, changes_table(model.table)))
            built = self._state(model, standing.built.get(name))
            same = built is not None and built.digest == model.digest
            known = built.sequences if built and same else {}
            if same and known == now:
                return None
            begun = aside.submit(self._step, name, "started")
            try:
                return until_not_overtaken(
                    lambda: self._build(model, built, known, now, begun, lease)
                )
            except self.handed_over as error:
                self._step(name, "skipped", str(error))
                raise
            except Exception as error:
                self._step(name, "failed", str(error))
                raise

    def _build(
        self,
        model: GoldModel,
        built: ModelState | None,
        known: Consumed,
        now: Consumed,
        begun: Future[Step],
        lease: Lease,
    ) -> Counts:
        """The export for the warehouse is written first and named in the table's commit.

        So a function or job killed between the two exports again, as does one whose commit was
        overtaken, and one killed after the commit finds the export's name in the table.
        """
        now = self._read(model, now)
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
        begun.result()
        self._tell_ledger(model, built, counts, exported, now, lease=lease)
        log.info("%s: %s (%s)", model.name, counts, "incremental" if changed else "whole")
        return counts

    def _read(self, model: GoldModel, now: Consumed) -> Consumed:
        """What the model is made from: gold tables as they are found, which may be later builds.

        A job of a run that is over may go on, and build one after the ledger was asked. Its rows
        are read then; if that weren't noted an aggregate would add them once more.
        """
        found = {
            name: _newest_build(self.engine.snapshots(self.plan.model(name).table))
            for name in model.models
        }
        seen = {f"{Zone.GOLD}.{name}": last.snapshot_id for name, last in found.items() if last}
        return {**now, **seen}

    def _export(
        self, model: GoldModel, snapshot: int, files: Sequence[ExportedFile], counts: Counts
    ) -> Export:
        key = f"exports/{model.name}/{snapshot}.manifest"
        self.engine.put(self.bucket, key, copy_manifest(files))
        return Export(f"s3://{self.bucket}/{key}", counts.total)

    def _state(self, model: GoldModel, recorded: ModelState | None) -> ModelState | None:
        """What the model was last made from, and by which digest; None before its first build.

        The ledger knows it, unless a builder was killed between its commit and telling the ledger:
        then the table's own snapshot says it, and the ledger is told now, export included.

        Args:
            recorded: by the ledger, before the lease was held. Where another had it meanwhile, the
                table, which is opened under it, tells by its snapshot; what left no snapshot has
                changed no row, and the ledger refuses the next build on the older state.
        """
        newest = _newest_build(self.engine.snapshots(model.table))
        if not _of_snapshot(recorded, newest):
            recorded = self.ledger.model(model.name)
        if newest and not _of_snapshot(recorded, newest):
            consumed: Consumed = json.loads(newest.summary[CONSUMED_PROPERTY])
            digest = newest.summary[DIGEST_PROPERTY]
            counts = Counts(**json.loads(newest.summary[OUTCOMES_PROPERTY]))
            exported = Export.from_json(newest.summary[CHANGES_PROPERTY])
            log.info("%s: snapshot %s was not in the ledger", model.name, newest.snapshot_id)
            self._tell_ledger(model, recorded, counts, exported, consumed, digest=digest)
            return self.ledger.model(model.name)
        return recorded

    def _tell_ledger(
        self,
        model: GoldModel,
        before: ModelState | None,
        counts: Counts,
        exported: Export,
        consumed: Consumed,
        *,
        digest: str = "",
        lease: Lease | None = None,
    ) -> None:
        """Note a build that is committed, with its step.

        Args:
            digest: of the model that made the commit; today's model where it isn't given.
            lease: as `Ledger.model_built`.
        """
        snapshots = self.engine.snapshots(model.table)
        newest = _newest_build(snapshots)
        noted = self.ledger.model_built(
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
            lease=lease,
        )
        if not noted:
            self.ledger.step(self.run_id, GOLD_STEP, dataset=model.name, counts=asdict(counts))

    def _step(self, model: str, state: StepState, detail: str = "") -> Step:
        step = self.ledger.step
        return step(self.run_id, GOLD_STEP, dataset=model, state=state, detail=detail[:500])


def _of_snapshot(recorded: ModelState | None, newest: Snapshot | None) -> bool:
    """Whether the ledger's state is of the table's newest build."""
    found = newest.snapshot_id if newest else 0
    return (recorded.snapshot if recorded else 0) == found


def _newest_build(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """The last commit that changed rows; a compaction since then changed none."""
    return next((found for found in snapshots if CONSUMED_PROPERTY in found.summary), None)
