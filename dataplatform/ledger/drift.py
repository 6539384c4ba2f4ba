"""Drift as it was seen, and the landed objects that wait because of it.

    drift#<dataset>    / <identity>          one distinct drift: when it was seen, who was told
    drifted#<dataset>  / <arrived_at>#<h>    beside the object's pointer in due#<dataset>

A waiting object stays due. It is looked at again once its contract's digest is another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

from dataplatform.drift.model import Drift, Kind, describe
from dataplatform.drift.nested import Nested, known_fields
from dataplatform.drift.values import widest
from dataplatform.ledger.objects import Objects, landed_from, pointer
from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.writes import ABSENT, PRESENT, Item, Refused, delete, put, update

DriftState = Literal["open", "accepted"]

_MAX_WHY: Final = 2000


@dataclass(frozen=True, kw_only=True)
class DriftNote:
    """A distinct drift of a dataset; see `Drift` for what isn't told here.

    found: the type that takes all values seen so far; of a renamed or missing column, its name at
        the source.
    seen_in: the key of the last object that showed it, or the source that a probe asked.
    objects: how many objects, or answers of a source, showed it when they were looked at.
    state: "accepted" where it is breaking and a person let objects with it through. It opens again
        with the next object that has it.
    told: whether an alert has gone out since it opened.
    """

    dataset: str
    kind: Kind
    column: str
    found: str
    expected: str
    breaking: bool
    remedy: str
    form: str
    seen_in: str
    first_seen: str
    last_seen: str
    objects: int
    state: DriftState
    told: bool

    @property
    def identity(self) -> str:
        """As `Drift.identity`."""
        return self.drift.identity

    @property
    def drift(self) -> Drift:
        """The drift itself."""
        return Drift(**{f.name: getattr(self, f.name) for f in fields(Drift)})

    @property
    def text(self) -> str:
        """In words."""
        return describe(self.kind, self.column, self.found, self.expected)

    def is_settled(self, columns: Iterable[Nested]) -> bool:
        """Whether the contract has come to say what was found."""
        known = {column.name: column for column in columns}
        column = known.get(self.column)
        fields = {each.name: each.field or each.name for each in known.values()}
        match self.kind:
            case Kind.NEW:
                return self.column in fields.values()
            case Kind.WITHIN:
                return self.column in known_fields(known.values())
            case Kind.MISSING:
                return column is None or fields[self.column] != self.found
            case Kind.RENAMED:
                return column is None or self.found in fields.values()
            case Kind.RETYPED:
                return column is None or column.type != self.expected
            case _:
                return False


@dataclass(frozen=True, kw_only=True)
class WaitingObject:
    """A landed object that isn't taken as it is.

    digest: of the contract that it was compared with. since: when it was first held back.
    """

    landed: LandedObject
    digest: str
    why: str
    since: str
    run_id: str


class DriftBooks(Objects):
    """Noting drift, once each, and holding objects back."""

    def note_drift(self, dataset: str, drift: Drift, *, seen_in: str, objects: int) -> None:
        """Note a drift again, or for the first time.

        Args:
            objects: how many showed it since it was noted last.
        """
        pk, sk, now = f"drift#{dataset}", drift.identity, self.now()
        said: Item = {**asdict(drift), "seen_in": seen_in, "last_seen": now}
        first = {**said, "dataset": dataset, "first_seen": now, "objects": objects}
        try:
            self._write(put({"pk": pk, "sk": sk, **first, "state": "open", "told": False}, ABSENT))
            return
        except Refused:
            before = self._get(pk, sk) or {}
        if drift.kind in (Kind.NEW, Kind.WITHIN, Kind.RETYPED) and before.get("found"):
            said["found"] = widest(before["found"], drift.found)
        if before.get("state") == "accepted":
            said |= {"state": "open", "told": False}
        self._write(update(pk, sk, sets=said, adds={"objects": objects}))

    def drift_notes(self, dataset: str) -> list[DriftNote]:
        """Everything ever noted of a dataset, oldest first."""
        notes = [_note(item) for item in self._query(f"drift#{dataset}")]
        return sorted(notes, key=lambda note: (note.first_seen, note.identity))

    def open_drift(self, dataset: str, columns: Iterable[Nested]) -> list[DriftNote]:
        """What the contract doesn't say yet and nobody has accepted."""
        return [
            note
            for note in self.drift_notes(dataset)
            if note.state == "open" and not note.is_settled(columns)
        ]

    def drift_told(self, note: DriftNote) -> None:
        """Note that an alert has gone out; a drift that opens again is told again."""
        sets = {"told": True}
        self._write(update(f"drift#{note.dataset}", note.identity, sets=sets, where=PRESENT))

    def accept_drift(self, dataset: str) -> None:
        """Note that a person took a dataset's objects as they are; what is new stays open."""
        sets: Item = {"state": "accepted"}
        for note in self.drift_notes(dataset):
            if note.breaking and note.state == "open":
                self._write(update(f"drift#{dataset}", note.identity, sets=sets, where=PRESENT))

    def hold_back(self, landed: LandedObject, *, digest: str, why: str, run_id: str) -> None:
        """Let a due object wait; where it waits already, by another contract now."""
        pk, sk = f"drifted#{landed.dataset}", pointer(landed)
        said: Item = {"digest": digest, "why": why[:_MAX_WHY], "run_id": run_id}
        first = {"pk": pk, "sk": sk, **asdict(landed), **said, "since": self.now()}
        try:
            self._write(put(first, ABSENT))
        except Refused:
            self._write(update(pk, sk, sets=said))

    def let_go(self, landed: LandedObject) -> None:
        """Take an object from those that wait, before a batch takes it."""
        self._write(delete(f"drifted#{landed.dataset}", pointer(landed)))

    def waiting_objects(self, dataset: str) -> list[WaitingObject]:
        """Objects of a dataset that wait, oldest first."""
        return [
            WaitingObject(
                landed=landed_from(item),
                **{name: item[name] for name in ("digest", "why", "since", "run_id")},
            )
            for item in self._query(f"drifted#{dataset}")
        ]

    def is_held_back(self, dataset: str, digest: str, *, in_order: bool) -> bool:
        """Whether every due object of a dataset waits, so that a run would take none of them.

        Args:
            in_order: one that waits holds back all that came after it.
        """
        held = {pointer(w.landed) for w in self.waiting_objects(dataset) if w.digest == digest}
        if not held:
            return False
        for landed in self._due(dataset, "", "", None):
            if pointer(landed) not in held:
                return False
            if in_order:
                return True
        return True


def _note(item: Item) -> DriftNote:
    return DriftNote(**{f.name: item[f.name] for f in fields(DriftNote)})
