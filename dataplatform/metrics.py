"""Metrics of Weir's own: names that the function that writes and the alarm that reads agree on.

Each is a line of a function's log of which CloudWatch makes metrics (embedded metric format).
Powertools would write it with its service's name as a second dimension, which every alarm and
dashboard would then have to know.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

DATA_AGE: Final = "DataAge"
"""Seconds since the newest published object of a dataset arrived in landing."""

DATA_WAIT: Final = "DataWait"
"""Seconds for which the oldest landed object of a dataset that isn't published has waited; 0 where
all are."""

DATASET: Final = "dataset"
"""Dimension: the dataset's name."""

HELD: Final = "Held"
"""1 where a run has held a dataset, 0 where its audit let it through."""

RULES_BROKEN: Final = "RulesBroken"
"""Gates and bounds that a dataset's batches broke in a run, warnings included."""

RECORDS_WARNED: Final = "RecordsWarned"
"""Records that passed with a warning."""

BYTES: Final = "Bytes"
"""Of objects as they landed."""

SECONDS: Final = "Seconds"
"""Of a dataset: what its steps took; of a run: from its beginning to its end."""

COST: Final = "Cost"
"""US dollars at list prices."""

_UNITS: Final = {
    **dict.fromkeys((DATA_AGE, DATA_WAIT, SECONDS), "Seconds"),
    **{BYTES: "Bytes", COST: "None"},
}
"""All others are counts."""


def namespace(stage: str) -> str:
    """`Weir/dev`"""
    return f"Weir/{stage}"


def records(count: str) -> str:
    """The metric of a count in the books: `RecordsSource`, `RecordsQuarantined` …"""
    return f"Records{count.capitalize()}"


def age_line(stage: str, dataset: str, seconds: int, at: datetime) -> str:
    """How old a dataset's newest data is."""
    return _line(stage, {DATASET: dataset}, {DATA_AGE: seconds}, at)


def wait_line(stage: str, dataset: str, seconds: int, at: datetime) -> str:
    """How long a dataset's oldest unpublished object has waited."""
    return _line(stage, {DATASET: dataset}, {DATA_WAIT: seconds}, at)


def audit_line(
    stage: str, dataset: str, *, held: bool, broken: int, warned: int, at: datetime
) -> str:
    """What a dataset's audit found in a run."""
    figures = {HELD: int(held), RULES_BROKEN: broken, RECORDS_WARNED: warned}
    return _line(stage, {DATASET: dataset}, figures, at)


def books_figures(
    counts: Mapping[str, int],
    *,
    seconds: float,
    bytes: int | None = None,
    cost: float | None = None,
) -> dict[str, float]:
    """The books of a dataset in a run, or of the whole run, by metric.

    Args:
        counts: records by what became of them, `source` among them.
    """
    figures: dict[str, float] = {records(name): count for name, count in counts.items()}
    figures |= {SECONDS: seconds}
    return figures | {name: v for name, v in ((BYTES, bytes), (COST, cost)) if v is not None}


def books_line(
    stage: str,
    run_id: str,
    figures: Mapping[str, float],
    *,
    dataset: str = "",
    engine: str = "",
    at: datetime,
) -> str:
    """Figures of a dataset in a run, or with dataset "" of the whole run.

    Args:
        engine: what merged the dataset and why: words beside the figures, to be searched for.
    """
    words = {"run_id": run_id, **({"engine": engine} if engine else {})}
    return _line(stage, {DATASET: dataset} if dataset else {}, figures, at, words)


def _line(
    stage: str,
    dimensions: Mapping[str, str],
    figures: Mapping[str, float],
    at: datetime,
    words: Mapping[str, str] | None = None,
) -> str:
    directive = {
        "Namespace": namespace(stage),
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in figures],
    }
    envelope = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": envelope, **dimensions, **(words or {}), **figures})
