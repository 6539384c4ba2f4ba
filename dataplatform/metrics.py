"""Metrics of Weir's own: names that the function that writes and the alarm that reads agree on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

DATA_AGE: Final = "DataAge"
"""Seconds since the newest published object of a dataset arrived in landing."""

DATASET: Final = "dataset"
"""Dimension: the dataset's name."""


def namespace(stage: str) -> str:
    """`Weir/dev`"""
    return f"Weir/{stage}"


def age_line(stage: str, dataset: str, seconds: int, at: datetime) -> str:
    """A line of a function's log of which CloudWatch makes a metric (embedded metric format).

    Powertools would write it with its service's name as a second dimension, which every alarm and
    dashboard would then have to know.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    directive = {
        "Namespace": namespace(stage),
        "Dimensions": [[DATASET]],
        "Metrics": [{"Name": DATA_AGE, "Unit": "Seconds"}],
    }
    envelope = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": envelope, DATASET: dataset, DATA_AGE: seconds})
