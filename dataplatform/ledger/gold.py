"""Gold models: what each was built from, and the exports that wait for the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Final

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.leases import Leases
from dataplatform.ledger.records import Lease, Load, ModelState, TableSize
from dataplatform.ledger.runs import Runs
from dataplatform.ledger.writes import ABSENT, PRESENT, Item, Refused, Write, delete, put, update

GOLD_STEP: Final = "gold"
"""The step of a run's timeline that builds a model, which is named where a dataset would be."""


class Gold(Runs, Leases):
    """Models as built, and as loaded."""

    def model_built(
        self,
        model: str,
        *,
        run_id: str,
        sequences: Mapping[str, int],
        snapshot: int,
        inserted: int,
        updated: int,
        deleted: int,
        rows: int,
        export_uri: str,
        digest: str,
        before: ModelState | None,
        size: TableSize | None = None,
        lease: Lease | None = None,
    ) -> bool:
        """Note a build, its step and, where `export_uri` isn't "", the export to load: all or none.

        Give each build an export prefix of its own. False where this very build (run and snapshot)
        was noted before.

        Args:
            before: the model's state, as whoever holds the lease of its table has read it.
            lease: of the model's table, if nothing is left to do under it: it is given back with
                the same write, which goes through only while it is held.

        Raises:
            TransitionRefused: the model was built by another run meanwhile.
            LeaseHeld: the lease is lost.
        """
        if before and (before.run_id, before.snapshot) == (run_id, snapshot):
            if before.sequences == dict(sequences) and before.digest == digest:
                return False
        build = (before.builds if before else 0) + 1
        changes: Item = {"inserted": inserted, "updated": updated, "deleted": deleted}
        _, step = self._step(run_id, GOLD_STEP, dataset=model, counts=changes)
        state: Item = {"run_id": run_id, "sequences": dict(sequences), "snapshot": snapshot}
        state |= {"rows": rows, "digest": digest, "builds": build, "built_at": self.now()}
        state |= asdict(size) if size else {}
        where = Attr("builds").eq(before.builds) if before else ABSENT
        writes: list[Write] = [
            update("models", model, sets={"model": model, **state, **changes}, where=where),
            step,
        ]
        if export_uri:
            load = Load(
                model=model,
                run_id=run_id,
                build=build,
                snapshot=snapshot,
                export_uri=export_uri,
                rows=rows,
                **changes,
            )
            pk, sk = _load_key(model, build)
            writes.append(put({"pk": pk, "sk": sk, **asdict(load)}, ABSENT))
        try:
            self._write_under(lease, *writes, last=True)
        except Refused as refused:
            raise TransitionRefused(
                f"model {model} was built by another run while run {run_id} built it",
                why="One build at a time is noted, so that no export is loaded out of order.",
                remedy="Build again: it continues from the newest snapshot.",
            ) from refused
        return True

    def model(self, name: str) -> ModelState | None:
        """A model's state; None before its first build."""
        item = self._get("models", name)
        return None if item is None else _model(item)

    def models_of(self, names: Iterable[str]) -> dict[str, ModelState]:
        """States of those of the models that were ever built, by one request."""
        found = map(_model, self._get_all([("models", name) for name in names]))
        return {state.model: state for state in found}

    def models(self) -> list[ModelState]:
        """Every model that was ever built."""
        return [_model(item) for item in self._query("models")]

    def pending_loads(self, model: str) -> list[Load]:
        """Exports that the warehouse hasn't merged, oldest first: load them in this order."""
        found = self._query(f"load#{model}")
        return [Load(**{f.name: item[f.name] for f in fields(Load)}) for item in found]

    def load_done(self, model: str, run_id: str, *, rows: int) -> bool:
        """Note that the oldest pending export of the run is in the warehouse, which counts `rows`.

        False where nothing of the run is pending: it was noted before.

        Raises:
            TransitionRefused: an older export of another run has to be loaded first.
        """
        pending = self.pending_loads(model)
        mine = next((load for load in pending if load.run_id == run_id), None)
        if mine is None:
            return False
        if pending[0] != mine:
            raise TransitionRefused(
                f"model {model}: the export of run {pending[0].run_id} isn't loaded yet",
                why="Changes merged out of order would bring old rows back.",
                remedy="Load the pending exports oldest first.",
            )
        loaded = {
            "loaded_run": run_id,
            "loaded_snapshot": mine.snapshot,
            "loaded_rows": rows,
            "loaded_at": self.now(),
        }
        try:
            self._write(
                delete(*_load_key(model, mine.build), PRESENT),
                update("models", model, sets=loaded, where=PRESENT),
            )
        except Refused:
            return False
        return True


def _load_key(model: str, build: int) -> tuple[str, str]:
    """Builds sort as text as they do by number."""
    return f"load#{model}", f"{build:012d}"


def _model(item: Item) -> ModelState:
    return ModelState(**{f.name: item[f.name] for f in fields(ModelState) if f.name in item})
