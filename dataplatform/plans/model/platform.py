"""All plans of one stage, and the JSON that they travel as."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from dataplatform.plans.model.gold import GoldModel
from dataplatform.plans.model.queries import LiveModel, SummaryModel
from dataplatform.plans.model.silver import SilverPlan


@dataclass(frozen=True, kw_only=True)
class PlatformPlan:
    """The whole platform, compiled for one stage."""

    stage: str
    digest: str
    datasets: tuple[SilverPlan, ...]
    models: tuple[GoldModel, ...]
    summaries: tuple[SummaryModel, ...]
    warehouse_setup: tuple[str, ...]
    live: tuple[LiveModel, ...] = ()

    def claimant(self, key: str) -> str:
        """The dataset that a landed object belongs to; "" where no contract claims its folder."""
        return next((plan.dataset for plan in self.datasets if plan.claims(key)), "")

    def dataset(self, name: str) -> SilverPlan:
        """The plan of one dataset; KeyError where no contract declares it."""
        for plan in self.datasets:
            if plan.dataset == name:
                return plan
        raise KeyError(name)

    def model(self, name: str) -> GoldModel:
        """One gold model; KeyError where there is none."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    def to_json(self) -> str:
        """Stable JSON: the same plan gives the same bytes, so the asset's hash tells a change."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> PlatformPlan:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        return cls(
            **{
                **raw,
                "datasets": tuple(SilverPlan.from_dict(item) for item in raw["datasets"]),
                "models": tuple(GoldModel.from_dict(item) for item in raw["models"]),
                "summaries": tuple(SummaryModel.from_dict(item) for item in raw["summaries"]),
                "warehouse_setup": tuple(raw["warehouse_setup"]),
                "live": tuple(LiveModel.from_dict(item) for item in raw["live"]),
            }
        )
