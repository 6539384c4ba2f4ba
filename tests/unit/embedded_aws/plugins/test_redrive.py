"""An execution goes on in its middle as MiniStack would have gone through it from its beginning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.services import stepfunctions as states

from embedded_aws.plugins import redrive
from embedded_aws.plugins.execution_walk import walk

DEFINITION = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Fail", "Error": "NotHere", "Cause": "it had succeeded"},
        "Ask": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Refuse"}],
            "Default": "Keep",
        },
        "Refuse": {"Type": "Fail", "Error": "TooMany", "Cause": "more than five"},
        "Keep": {
            "Type": "Pass",
            "Parameters": {"n.$": "$.n", "asked.$": "$$.Execution.Input.asked"},
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 0, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}


def execution(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "executionArn": "arn:aws:states:us-east-1:000000000000:execution:any:1",
        "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:any",
        "name": "1",
        "status": "RUNNING",
        "startDate": "2026-11-21T10:04:12Z",
        "stopDate": None,
        "input": '{"asked": "all"}',
        "output": None,
        "sync": True,  # tells nobody of its end
        "events": list(events),
    }


def entered(kind: str, name: str, given: Any) -> dict[str, Any]:
    details = {"name": name, "input": json.dumps(given)}
    return {"type": f"{kind}StateEntered", "stateEnteredEventDetails": details}


def test_it_goes_on_from_the_state_that_it_is_given_to_the_end() -> None:
    one = execution()
    walk(one, DEFINITION, "Ask", {"n": 3})
    assert (one["status"], json.loads(one["output"])) == ("SUCCEEDED", {"n": 3, "asked": "all"})
    seen = [e["stateEnteredEventDetails"]["name"] for e in one["events"] if "Entered" in e["type"]]
    assert seen == ["Ask", "Keep", "Pause", "Done"]
    assert one["events"][-1]["type"] == "ExecutionSucceeded"


@pytest.mark.parametrize(
    ("state", "error"), [("Refuse", "TooMany"), ("Ask", "TooMany"), ("Nowhere", "States.Runtime")]
)
def test_its_failure_is_told_like_any_other(state: str, error: str) -> None:
    one = execution()
    walk(one, DEFINITION, state, {"n": 9})
    assert (one["status"], one["error"]) == ("FAILED", error)
    assert one["events"][-1]["type"] == "ExecutionFailed"


def test_one_that_was_stopped_stays_stopped() -> None:
    one = execution() | {"status": "ABORTED"}
    walk(one, DEFINITION, "Ask", {"n": 3})
    assert (one["status"], one["output"], one["events"]) == ("ABORTED", None, [])


def test_the_state_that_it_ended_in_is_the_last_that_it_entered() -> None:
    assert redrive.position(execution()) is None
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "any"}}
    one = execution(entered("Pass", "Keep", {"n": 1}), entered("Map", "Each", [1, 2]), failed)
    assert redrive.position(one) == ("Each", [1, 2])


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_what_has_not_failed_is_not_redriven(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = execution() | {"status": status}
    monkeypatch.setattr(states, "_executions", {one["executionArn"]: one})
    code, _, body = redrive.redrive({"executionArn": one["executionArn"]})
    assert (code, json.loads(body)["__type"]) == (400, "ExecutionNotRedrivable")
    assert one["status"] == status


def test_an_execution_that_nobody_knows_is_said_so() -> None:
    code, _, body = redrive.redrive({"executionArn": "arn:none"})
    assert (code, json.loads(body)["__type"]) == (400, "ExecutionDoesNotExist")
