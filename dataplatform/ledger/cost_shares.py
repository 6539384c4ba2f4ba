"""What a run costs for each dataset and each model.

A call that was for one of them is its own. A call or job that did several is shared out by the
seconds that each took in it. What is for all (to open a run, to plan, to close it) stays the run's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dataplatform.ledger.costs import Cost, cost
from dataplatform.ledger.engines import EngineChoice, model_subject
from dataplatform.ledger.records import Batch, Step
from dataplatform.ledger.staging import STAGE_STEP
from dataplatform.ledger.usage import Usage
from dataplatform.ledger.work import spans_of
from dataplatform.naming import GOLD_MODELS

_GOLD: Final = "gold"
_GOLD_FUNCTION: Final = "build-gold"
_SHARED: Final = (STAGE_STEP, "silver", _GOLD)
"""Steps whose jobs do what several datasets or models need."""


@dataclass(frozen=True, kw_only=True)
class CostShares:
    """A run's cost by what it was for; all of it together is the run's.

    whole: what is for no dataset or model alone.
    """

    datasets: Mapping[str, Cost] = field(default_factory=dict)
    models: Mapping[str, Cost] = field(default_factory=dict)
    whole: Cost = field(default_factory=Cost)

    def to_dict(self) -> dict[str, object]:
        """As `--json` shows it."""
        return {
            "datasets": {name: of.to_dict() for name, of in self.datasets.items()},
            "models": {name: of.to_dict() for name, of in self.models.items()},
            "run": self.whole.to_dict(),
        }


def cost_shares(
    usage: Iterable[Usage],
    steps: Sequence[Step],
    batches: Iterable[Batch],
    engines: Mapping[str, EngineChoice],
) -> CostShares:
    """Share a run's cost out.

    Args:
        engines: the run's choices, by dataset, and by `engines.model_subject` for models.
    """
    shares = _Shares(steps, list(batches), engines)
    found: dict[str, Cost] = {}
    for used in usage:
        spent = cost([used])
        for subject, part in shares.of(used).items():
            found[subject] = found.get(subject, Cost()) + spent.share(part)
    whole = found.pop("", Cost())
    of_models = model_subject("")
    datasets = {name: of for name, of in found.items() if not name.startswith(of_models)}
    models = {name.removeprefix(of_models): found[name] for name in found.keys() - datasets.keys()}
    return CostShares(
        datasets=dict(sorted(datasets.items())), models=dict(sorted(models.items())), whole=whole
    )


class _Shares:
    """Who had which part of a call or of a job's run."""

    def __init__(
        self, steps: Sequence[Step], batches: Sequence[Batch], engines: Mapping[str, EngineChoice]
    ) -> None:
        self._spans = spans_of(steps)
        self._batches = {batch.batch_id: batch.dataset for batch in batches}
        self._by_spark = {batch.dataset for batch in batches if batch.spark_stages}
        self._engines = engines

    def of(self, used: Usage) -> dict[str, float]:
        """Parts by subject, which add up to one; "" for the run itself."""
        if used.subject not in ("", GOLD_MODELS):
            return {self._batches.get(used.subject, used.subject): 1.0}
        name = _GOLD if used.step.endswith(_GOLD_FUNCTION) else used.step
        seconds = {
            model_subject(of) if name == _GOLD else of: took
            for (step, of), took in self._spans.items()
            if step == name and name in _SHARED and self._had(of, name, used)
        }
        whole = sum(seconds.values())
        if not whole:
            return dict.fromkeys(seconds, 1 / len(seconds)) if seconds else {"": 1.0}
        return {subject: took / whole for subject, took in seconds.items()}

    def _had(self, of: str, step: str, used: Usage) -> bool:
        """Whether a step of a dataset or model was the function's, or the job's."""
        if step == STAGE_STEP:
            return of in self._by_spark
        subjects = (GOLD_MODELS, model_subject(of)) if step == _GOLD else (of,)
        chosen = [self._engines[name].engine for name in subjects if name in self._engines]
        return ("spark" in chosen) == (used.meter == "glue")
