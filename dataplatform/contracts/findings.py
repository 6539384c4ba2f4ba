"""Problems of one contract, gathered until all of it has been looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dataplatform.contracts.document import Document, Place
from dataplatform.errors import Problem
from dataplatform.suggestions import did_you_mean

NOT_YET = "is part of ODCS, but not supported here yet"


@dataclass
class Findings:
    """Collects problems, each with its place; asks the document for lines and names."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    meant: set[Place] = field(default_factory=set)
    """Where keys would stand that were misspelt: that they are missing is no second problem."""

    def add(self, place: Place, expected: str, *, found: str = "", remedy: str = "") -> None:
        """Note a problem with the value at `place`.

        Args:
            found: what is there; by default the value itself.
        """
        self.places.append(place)
        self.problems.append(
            Problem(
                file=self.document.file,
                line=self.document.line(place),
                field=self.document.label(place),
                found=found or show(self.document.get(place)),
                expected=expected,
                remedy=remedy,
            )
        )

    def told(self) -> list[Problem]:
        """All problems, but for keys that are missing only since they were misspelt."""
        return [
            problem
            for place, problem in zip(self.places, self.problems, strict=True)
            if place not in self.meant or self.document.get(place) is not None
        ]

    def unsupported(self, place: Place, what: str, remedy: str) -> None:
        """Refuse by name a part of ODCS that would silently do nothing."""
        self.add(place, "a supported feature", found=f"{what} {NOT_YET}", remedy=remedy)

    def one_of(
        self, place: Place, allowed: Iterable[str], expected: str, *, usual: str = ""
    ) -> bool:
        """Check a word against a list; a problem names the nearest word, else the usual one."""
        words = sorted(allowed)
        value = self.document.get(place)
        if isinstance(value, str) and value in words:
            return True
        near = did_you_mean(value, words)
        remedy = near or f"Write {place[-1]}: {usual or words[0]}, or another of them."
        self.add(place, f"{expected}: {', '.join(words)}", remedy=remedy)
        return False


def show(value: Any) -> str:
    """A value as its writer sees it; long ones shortened."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
