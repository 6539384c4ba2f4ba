"""Faults on purpose, as third parties have them: the same seed gives the same faults."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from embedded_aws.samples.reshaping import Reshaping


class Fault(StrEnum):
    """What goes wrong with one request."""

    NONE = ""
    THROTTLED = "429"
    BROKEN = "500"
    CUT = "cut"
    DOWN = "down"
    CLOSED = "503"


_RATED: Final = (Fault.THROTTLED, Fault.BROKEN, Fault.CUT)
_DEFAULT_RATES: Final = {Fault.THROTTLED: 0.03, Fault.BROKEN: 0.03, Fault.CUT: 0.02}


@dataclass(frozen=True)
class FaultSettings:
    """How often each fault comes (share of requests), and whether the source is down altogether.

    closed_for: while not 0, every answer is "503, come again in so many seconds".
    in_a_row: after so many faults running, the next request succeeds: retries are bounded.
    shape: how records differ from what was promised.
    """

    down: bool = False
    closed_for: int = 0
    seed: int = 3  # brings each fault within the sixty requests of a first pull
    in_a_row: int = 2
    rates: Mapping[Fault, float] = field(default_factory=lambda: dict(_DEFAULT_RATES))
    shape: Reshaping = field(default_factory=Reshaping)

    def changed(self, changes: Mapping[str, Any]) -> FaultSettings:
        """These settings with some replaced, as `POST /_control` sends them.

        Raises:
            ValueError: an unknown name, or a value that can't be.
        """
        unknown = set(changes) - {"down", "closed_for", "seed", "in_a_row", "rates", "shape"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        given = dict(changes)
        if "rates" in given:
            given["rates"] = {Fault(name): float(rate) for name, rate in given["rates"].items()}
            if not set(given["rates"]) <= set(_RATED) or not 0 <= sum(given["rates"].values()) <= 1:
                raise ValueError("rates: 429, 500 and cut, together at most 1")
        if "shape" in given:
            given["shape"] = Reshaping.from_json(given["shape"])
        return replace(self, **given)

    def to_json(self) -> dict[str, Any]:
        """What `GET /_control` answers."""
        return {
            "down": self.down,
            "closed_for": self.closed_for,
            "seed": self.seed,
            "in_a_row": self.in_a_row,
            "rates": {fault.value: self.rates.get(fault, 0.0) for fault in _RATED},
            "shape": self.shape.to_json(),
        }


class FaultSequence:
    """The fault of each next request."""

    def __init__(self, settings: FaultSettings) -> None:
        self._lock = threading.Lock()
        self.settings = settings
        self._random = random.Random(settings.seed)
        self._running = 0

    def configure(self, settings: FaultSettings) -> None:
        """Start a new sequence."""
        with self._lock:
            self.settings = settings
            self._random = random.Random(settings.seed)
            self._running = 0

    def next(self) -> Fault:
        """What happens to this request."""
        with self._lock:
            if self.settings.down:
                return Fault.DOWN
            if self.settings.closed_for:
                return Fault.CLOSED
            fault = self._draw()
            if self._running >= self.settings.in_a_row:
                fault = Fault.NONE
            self._running = self._running + 1 if fault else 0
            return fault

    def _draw(self) -> Fault:
        drawn = self._random.random()
        for fault in _RATED:
            drawn -= self.settings.rates.get(fault, 0.0)
            if drawn < 0:
                return fault
        return Fault.NONE
