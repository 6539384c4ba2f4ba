"""Metrics of Weir's own: names that the function that writes and the alarm that reads agree on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

DATA_AGE: Final = "DataAge"
"""Seconds since the newest published object of a dataset arrived in landing."""

DATASET: Final = "dataset"
"""Dimension: the dataset's name."""


HELD: Final = "Held"
"""1 where a run has held a dataset, 0 where its audit let it through."""

RULES_BROKEN: Final = "RulesBroken"
"""Gates and bounds that a dataset's batches broke in a run, warnings included."""

RECORDS_WARNED: Final = "RecordsWarned"
"""Records that passed with a warning."""


def namespace(stage: str) -> str:
    """`Weir/dev`"""
    return f"Weir/{stage}"


def age_line(stage: str, dataset: str, seconds: int, at: datetime) -> str:
    """A line of a function's log of which CloudWatch makes a metric (embedded metric format).

    Powertools would write it with its service's name as a second dimension, which every alarm and
    dashboard would then have to know.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    return _line(stage, dataset, {DATA_AGE: seconds}, "Seconds", at)


def audit_line(
    stage: str, dataset: str, *, held: bool, broken: int, warned: int, at: datetime
) -> str:
    """What a dataset's audit found in a run, as `age_line` tells an age."""
    figures = {HELD: int(held), RULES_BROKEN: broken, RECORDS_WARNED: warned}
    return _line(stage, dataset, figures, "Count", at)


def _line(stage: str, dataset: str, figures: dict[str, int], unit: str, at: datetime) -> str:
    directive = {
        "Namespace": namespace(stage),
        "Dimensions": [[DATASET]],
        "Metrics": [{"Name": name, "Unit": unit} for name in figures],
    }
    envelope = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": envelope, DATASET: dataset, **figures})
