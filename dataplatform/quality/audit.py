"""A batch as a whole: its profile, its gates, and what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataplatform.naming import Watch
from dataplatform.quality.anomalies import anomalies
from dataplatform.quality.gates import broken_gates
from dataplatform.quality.model import Gate
from dataplatform.quality.profile import Measure, Profile, gate_figures, profile_of
from dataplatform.quality.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found: the batch's figures, and all that it doesn't keep, gates first."""

    profile: Profile
    broken: tuple[Verdict, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether anything of it keeps the batch from being published."""
        return any(verdict.stops for verdict in self.broken)


def audit(
    measures: Sequence[Measure],
    gates: Sequence[Gate],
    answer: Sequence[Any],
    history: Sequence[Profile],
    *,
    watch: str,
) -> Audit:
    """Judge an engine's answer.

    Args:
        answer: a value for each measure.
        history: profiles of published runs.
        watch: a `Watch`; gates are asked whatever it says.
    """
    profile = profile_of(measures, answer)
    odd = () if watch == Watch.OFF else anomalies(profile, history)
    return Audit(
        profile=profile,
        broken=(*broken_gates(gates, gate_figures(measures, answer)), *odd),
    )
