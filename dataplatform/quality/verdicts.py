"""What an audit found of a batch as a whole: a figure, and what was expected of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from dataplatform.quality.model import Severity


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One thing that a batch doesn't keep; both figures are for people.

    name: the gate's, or the bound's: `row_count`, `amount.null_share`.
    severity: a `Severity`: error keeps the batch from being published, warning only tells.
    """

    name: str
    found: str
    expected: str
    severity: str = Severity.ERROR
    description: str = ""

    @property
    def stops(self) -> bool:
        """Whether it keeps the batch from being published."""
        return self.severity == Severity.ERROR

    def __str__(self) -> str:
        said = f"{self.name}: {self.found}; expected {self.expected}"
        return f"{said} ({self.description})" if self.description else said

    def to_dict(self) -> dict[str, Any]:
        """As the ledger keeps it and `--json` shows it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(**raw)


def number(value: float) -> str:
    """A figure for people: 269,720, 3.14159, 0.00012."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.6g}"


def share(value: float) -> str:
    """A share from 0 to 1 for people: `12.5 %`."""
    return f"{value * 100:.4g} %"
