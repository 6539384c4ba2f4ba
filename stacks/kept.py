"""Results that a synthesis keeps for the next one, while what they were made from is the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stacks.assets import BUILD, text_file


@dataclass(frozen=True)
class Kept:
    """One result, as text below `build/`.

    name: the file's.
    made_from: digest of all that the result depends on, versions of libraries included.
    """

    name: str
    made_from: str

    def read(self) -> str | None:
        """The text, if it was written whole, from this, and not touched since."""
        file = BUILD / self.name
        if not file.is_file():
            return None
        seal, _, text = file.read_text().partition("\n")
        return text if seal == self._seal(text) else None

    def write(self, text: str) -> Path:
        """Keep it, in place of what was made from something else."""
        return text_file(self.name, f"{self._seal(text)}\n{text}")

    def _seal(self, text: str) -> str:
        return hashlib.sha256(f"{self.made_from}\n{text}".encode()).hexdigest()
