"""After a run, the age of each dataset's data is told as CloudWatch reads it."""

from __future__ import annotations

import json

import pytest

from dataplatform.metrics import DATA_AGE, DATASET
from tests.embedded.harness import Platform

pytestmark = pytest.mark.embedded

_HOUR = 3600


def test_the_meter_tells_the_age_of_every_promise(platform: Platform) -> None:
    name = platform.target.names.resource("measure-freshness")
    answer = platform.client("lambda").invoke(FunctionName=name)
    assert "FunctionError" not in answer
    ages = json.loads(answer["Payload"].read())["ages"]
    promised = {d.dataset for d in platform.target.plan.datasets if d.freshness_minutes}
    assert promised and set(ages) == promised
    assert all(0 <= seconds < _HOUR for seconds in ages.values()), (
        "all arrived since the tests began"
    )

    events = platform.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{name}", filterPattern=f'"{DATA_AGE}"'
    )["events"]
    lines = [json.loads(event["message"]) for event in events if "_aws" in event["message"]]
    assert {line[DATASET]: line[DATA_AGE] for line in lines[-len(ages) :]} == ages
