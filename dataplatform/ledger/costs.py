"""What a run costs: AWS's list prices times what it used.

Measured the same on a laptop and in AWS, so figures compare; a laptop's seconds aren't AWS's. Left
out is what is billed by request elsewhere (Step Functions, S3, DynamoDB), storage, and the
warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from dataplatform.ledger.usage import Usage


@dataclass(frozen=True, kw_only=True)
class ListPrices:
    """Prices in US dollars, before any free tier or discount.

    glue_seconds: the shortest time that a job's run is billed for.
    """

    region: str
    looked_up: date
    sources: tuple[str, ...]
    lambda_gb_second: float
    lambda_request: float
    glue_dpu_hour: float
    glue_seconds: int


PRICES: Final = ListPrices(
    region="us-east-1",
    looked_up=date(2026, 11, 21),
    sources=("https://aws.amazon.com/lambda/pricing/", "https://aws.amazon.com/glue/pricing/"),
    lambda_gb_second=0.0000166667,  # x86, the first 6 billion GB-seconds a month
    lambda_request=0.0000002,
    glue_dpu_hour=0.44,  # Spark jobs, G.1X: one DPU a worker
    glue_seconds=60,
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars."""

    functions: float = 0.0
    jobs: float = 0.0

    @property
    def total(self) -> float:
        """Both together."""
        return self.functions + self.jobs

    def __add__(self, other: Cost) -> Cost:
        return Cost(functions=self.functions + other.functions, jobs=self.jobs + other.jobs)

    def share(self, of: float) -> Cost:
        """A part of it, from 0 to 1."""
        return Cost(functions=self.functions * of, jobs=self.jobs * of)

    def to_dict(self) -> dict[str, float]:
        """As `--json` shows it, to a ten-millionth of a dollar."""
        figures = {"lambda": self.functions, "glue": self.jobs, "total": self.total}
        return {name: round(value, 7) for name, value in figures.items()}


def cost(usage: Iterable[Usage], prices: ListPrices = PRICES) -> Cost:
    """What usage costs at list prices."""
    functions = jobs = 0.0
    for used in usage:
        seconds = used.milliseconds / 1000
        if used.meter == "lambda":
            functions += prices.lambda_request
            functions += prices.lambda_gb_second * seconds * used.size / 1024
        else:
            billed = max(seconds, prices.glue_seconds)
            jobs += prices.glue_dpu_hour / 3600 * billed * used.size
    return Cost(functions=functions, jobs=jobs)
