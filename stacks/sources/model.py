"""What a kind of source may deploy, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from dataplatform.plans.model import STREAM, PlatformPlan, SilverPlan

__all__ = ["API", "FILES", "STREAM", "datasets_of_kind", "source_names"]

API = "api"
FILES = "s3"


def datasets_of_kind(plan: PlatformPlan, kind: str) -> tuple[SilverPlan, ...]:
    """The datasets whose contracts name a server of this kind."""
    return tuple(dataset for dataset in plan.datasets if dataset.source.kind == kind)


def source_names(plan: PlatformPlan) -> Iterator[str]:
    """Each API that some dataset is pulled from, once."""
    yield from dict.fromkeys(
        dataset.source.options["source"] for dataset in datasets_of_kind(plan, API)
    )
