"""Figures of a dataset's last publications: what the next batch is held beside."""

from __future__ import annotations

from typing import Final

from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import Item, Write, delete, put
from dataplatform.quality.profile import Profile

KEPT: Final = 20
"""Publications whose figures are kept: a month of working days, and one read of the ledger."""

_AT_ONCE: Final = 10
"""Forgotten with one publication, which adds one."""


class Profiles(LedgerTable):
    """A profile a publication, by its sequence; the oldest are forgotten."""

    def profiles(self, dataset: str) -> list[Profile]:
        """The last `KEPT`, newest first; what an earlier version of Weir published has none."""
        found = self._query(f"profiles#{dataset}", limit=KEPT, newest_first=True)
        return [Profile.from_json(item["profile"]) for item in found]

    def _profile(self, dataset: str, sequence: int, profile: Profile) -> Write:
        """As text: the ledger's numbers are whole ones. Written twice, it is the same item."""
        return put({**_key(dataset, sequence), "profile": profile.to_json()})

    def _outdated_profiles(self, dataset: str, sequence: int) -> list[Write]:
        """What forgets the profiles that this sequence's makes too many, some at a time."""
        found = self._query(f"profiles#{dataset}", limit=KEPT + _AT_ONCE, newest_first=True)
        mine = _key(dataset, sequence)["sk"]
        others = [item for item in found if item["sk"] != mine]
        return [delete(item["pk"], item["sk"]) for item in others[KEPT - 1 :]]


def _key(dataset: str, sequence: int) -> Item:
    return {"pk": f"profiles#{dataset}", "sk": f"{sequence:012d}"}
