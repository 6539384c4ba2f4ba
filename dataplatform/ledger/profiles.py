"""Figures of a dataset's last publications: what the next batch is held beside."""

from __future__ import annotations

from typing import Final

from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import Write, delete, put
from dataplatform.quality.profile import Profile

KEPT: Final = 20
"""Publications whose figures are kept: a month of working days, and one read of the ledger."""


class Profiles(LedgerTable):
    """A profile a publication, by its sequence; the oldest are forgotten."""

    def profiles(self, dataset: str) -> list[Profile]:
        """The last `KEPT`, newest first; what an earlier version of Weir published has none."""
        found = self._query(f"profiles#{dataset}", limit=KEPT, newest_first=True)
        return [Profile.from_json(item["profile"]) for item in found]

    def _profile(self, dataset: str, sequence: int, profile: Profile) -> Write:
        """As text: the ledger's numbers are whole ones. Written twice, it is the same item."""
        key = {"pk": f"profiles#{dataset}", "sk": f"{sequence:012d}"}
        return put({**key, "profile": profile.to_json()})

    def _forget_profiles(self, dataset: str) -> None:
        found = list(self._query(f"profiles#{dataset}", newest_first=True))
        for item in found[KEPT:]:
            self._write(delete(item["pk"], item["sk"]))
