"""What audits found, by run; and the datasets that are held because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from boto3.dynamodb.conditions import Attr

from dataplatform.ledger.runs import Runs
from dataplatform.ledger.writes import Item, Refused, put, update
from dataplatform.quality.verdicts import Verdict

AuditState = Literal["passed", "accepted", "held"]

_MOST_TOLD: Final = 50
"""Verdicts that are kept of one audit: a batch that breaks more is as odd."""


@dataclass(frozen=True, kw_only=True)
class AuditNote:
    """An audit of a dataset's batches in a run.

    state: `accepted` where a person let through what would have been held.
    digest: of the contract that was asked.
    rows: accepted records. warned: records that passed with a warning; warnings: by check.
    broken: what the batches don't keep, warnings too.
    """

    run_id: str
    dataset: str
    state: AuditState
    batches: tuple[str, ...]
    digest: str
    rows: int = 0
    warned: int = 0
    warnings: Mapping[str, int] = field(default_factory=dict)
    broken: tuple[Verdict, ...] = ()
    at: str = ""

    @property
    def stopping(self) -> list[Verdict]:
        """What keeps the batches from being published, or would."""
        return [verdict for verdict in self.broken if verdict.stops]

    @property
    def summary(self) -> str:
        """What is odd, in a line; "" where nothing is."""
        told = [f"{name}: {count:,} records warned of" for name, count in self.warnings.items()]
        said = "; ".join([*map(str, self.broken), *told])
        return f"accepted: {said}" if self.state == "accepted" else said

    def to_dict(self) -> dict[str, Any]:
        """As the ledger keeps it and `--json` shows it."""
        return {
            **vars(self),
            "batches": list(self.batches),
            "warnings": dict(self.warnings),
            "broken": [verdict.to_dict() for verdict in self.broken],
        }


class Audits(Runs):
    """An audit a run and dataset; a held dataset is one until something of it is published."""

    def note_audit(self, note: AuditNote) -> None:
        """Keep what an audit found; what a retry finds takes its place."""
        self._write(put(self._audit_item(note)))

    def audit(self, run_id: str, dataset: str) -> AuditNote | None:
        """What the audit of a dataset found in a run; None where none was made."""
        item = self._get(f"run#{run_id}", f"audit#{dataset}")
        return _note(item) if item else None

    def audits(self, run_id: str) -> list[AuditNote]:
        """Every audit of a run, by dataset."""
        return [_note(item) for item in self._query(f"run#{run_id}", prefix="audit#")]

    def hold_dataset(self, note: AuditNote, error: str) -> None:
        """Note that a dataset failed in a run and why; its batches stay staged.

        Nobody takes them up, nor what lands for the dataset later, until a person accepts them or
        its contract is another: later data would dilute what is odd, and newer rows would be
        overtaken by older ones.
        """
        item = self._audit_item(note)
        failure = {"pk": f"run#{note.run_id}", "sk": f"failure#{note.dataset}"}
        failure |= {"dataset": note.dataset, "error": error[:4000], "at": self.now()}
        held = {**item, "pk": "held", "sk": note.dataset, "told": False}
        self._write(put(item), put(failure), put(held))

    def held(self) -> dict[str, AuditNote]:
        """Every dataset that is held, with what its audit found."""
        return {item["sk"]: _note(item) for item in self._query("held")}

    def stands_still(self, dataset: str, digest: str) -> bool:
        """Whether a dataset is held, by an audit that asked a contract of this digest."""
        item = self._get("held", dataset)
        return item is not None and item["digest"] == digest

    def untold(self, run_id: str) -> list[AuditNote]:
        """What a run has held and nobody was told of."""
        found = self._query("held")
        return [_note(item) for item in found if item["run_id"] == run_id and not item["told"]]

    def told(self, note: AuditNote) -> None:
        """Note that somebody was told; a dataset that was released meanwhile stays so."""
        mine = Attr("run_id").eq(note.run_id)
        try:
            self._write(update("held", note.dataset, sets={"told": True}, where=mine))
        except Refused:
            return

    def _audit_item(self, note: AuditNote) -> Item:
        kept = {**note.to_dict(), "at": note.at or self.now()}
        kept["broken"] = _first(kept["broken"])
        return {"pk": f"run#{note.run_id}", "sk": f"audit#{note.dataset}", **kept}


def _first(verdicts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: str(value)[:500] for name, value in verdict.items()}
        for verdict in verdicts[:_MOST_TOLD]
    ]


def _note(item: Item) -> AuditNote:
    known = {name: item[name] for name in AuditNote.__dataclass_fields__}
    broken = tuple(Verdict.from_dict(verdict) for verdict in item["broken"])
    return AuditNote(**{**known, "batches": tuple(item["batches"]), "broken": broken})
