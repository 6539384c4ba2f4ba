"""Landed objects: registered once, due until a batch takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Any

from dataplatform.ledger.records import LandedObject
from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import ABSENT, PRESENT, Item, Refused, Write, delete, put, update

_LAST = "\U0010ffff"
_FIELDS = tuple(f.name for f in fields(LandedObject))


def object_key(landed: LandedObject) -> tuple[str, str]:
    """The item of an object version: bucket, key and version are its identity, nothing else."""
    return _identity(landed.bucket, landed.key, landed.version)


def _identity(bucket: str, key: str, version: str) -> tuple[str, str]:
    return f"object#{bucket}/{key}", version or "null"


def pointer(landed: LandedObject) -> str:
    """Sort key of pointers to an object: by arrival, unique by identity, of bounded length."""
    identity = "\0".join(object_key(landed)).encode()
    return f"{landed.arrived_at}#{hashlib.sha256(identity).hexdigest()[:32]}"


def landed_from(item: Item) -> LandedObject:
    """The object that a pointer describes."""
    return LandedObject(**{name: item[name] for name in _FIELDS})


class Objects(LedgerTable):
    """Registering, draining and claiming landed objects."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: set[str] = set()

    def register_object(self, landed: LandedObject) -> bool:
        """Make an object due, once; False where the ledger has seen this version before."""
        self._know(landed.dataset)
        try:
            self._write(*self._registration(landed))
        except Refused:
            return False
        return True

    def is_registered(self, bucket: str, key: str, version: str) -> bool:
        """Whether an object version is in the ledger, due or in a batch."""
        return self._get(*_identity(bucket, key, version)) is not None

    def due_objects(
        self, dataset: str, *, since: str = "", until: str = "", limit: int | None = None
    ) -> list[LandedObject]:
        """Objects in no batch yet, oldest first, that arrived in [since, until).

        Dataset "" has those that no contract claims.
        """
        return list(self._due(dataset, since, until, limit))

    def due_datasets(self) -> list[str]:
        """Datasets with objects that are in no batch yet; "" (unclaimed) isn't among them."""
        known = [item["sk"] for item in self._query("datasets")]
        return [name for name in known if next(self._due(name, "", "", 1), None)]

    def unclaimed_objects(self, limit: int = 100) -> list[LandedObject]:
        """Objects below a folder that no contract claims."""
        return self.due_objects("", limit=limit)

    def claim_object(self, landed: LandedObject, dataset: str) -> bool:
        """Give an unclaimed object to a dataset whose contract has come since; False if gone."""
        self._know(dataset)
        claimed = replace(landed, dataset=dataset)
        pk, sk = object_key(landed)
        try:
            self._write(
                delete(f"due#{landed.dataset}", pointer(landed), PRESENT),
                put({"pk": f"due#{dataset}", "sk": pointer(landed), **asdict(claimed)}),
                update(pk, sk, sets={"dataset": dataset}),
            )
        except Refused:
            return False
        return True

    def _registration(self, landed: LandedObject) -> tuple[Write, Write]:
        """The writes that register an object; the first is refused where it is registered."""
        pk, sk = object_key(landed)
        values = asdict(landed)
        return (
            put({"pk": pk, "sk": sk, **values, "registered_at": self.now()}, ABSENT),
            put({"pk": f"due#{landed.dataset}", "sk": pointer(landed), **values}),
        )

    def _know(self, dataset: str) -> None:
        """Note the dataset before its first object, apart from the transaction.

        In the transaction every registration would contend for the same item. A dataset that is
        noted and has no object does no harm.
        """
        if dataset and dataset not in self._known:
            self._write(put({"pk": "datasets", "sk": dataset}))
            self._known.add(dataset)

    def _due(
        self, dataset: str, since: str, until: str, limit: int | None
    ) -> Iterator[LandedObject]:
        # Half open: a pointer's sort key is longer than its time, so it sorts after `until` itself.
        window = (since or " ", until or _LAST)
        for item in self._query(f"due#{dataset}", between=window, limit=limit):
            yield landed_from(item)
