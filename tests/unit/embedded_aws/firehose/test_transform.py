"""The transform is told when a record was put, and each record that fails says why."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from ministack.services import lambda_svc

from embedded_aws.firehose import transform
from embedded_aws.firehose.journal import Record
from embedded_aws.firehose.transform import NotDelivered, transformed

PUT_AT = 1_795_000_000_123
STREAM = {"arn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/pos", "name": "pos"}
ARN = "arn:aws:lambda:us-east-1:000000000000:function:transform"
CONFIG = {
    "RoleARN": "arn:aws:iam::000000000000:role/stream",
    "ProcessingConfiguration": {
        "Enabled": True,
        "Processors": [
            {
                "Type": "Lambda",
                "Parameters": [{"ParameterName": "LambdaArn", "ParameterValue": ARN}],
            }
        ],
    },
}
Function = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[Function], list[dict[str, Any]]]:
    """Puts a Python function where the Lambda function would be; gives the events it gets."""

    def install(function: Function) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []

        def execute(func: Any, event: dict[str, Any]) -> dict[str, Any]:
            seen.append(event)
            return function(event)

        monkeypatch.setattr(lambda_svc, "_resolve_name_and_qualifier", lambda arn: (arn, None))
        monkeypatch.setattr(
            lambda_svc, "_get_func_record_for_qualifier", lambda name, q: ({"name": name}, None)
        )
        monkeypatch.setattr(lambda_svc, "_execute_function", execute)
        monkeypatch.setattr(transform, "role_allows", lambda role, action, resource: True)
        return seen

    return install


def _records(*data: bytes) -> list[Record]:
    return [Record(str(n), body, PUT_AT + n) for n, body in enumerate(data)]


def _judge(event: dict[str, Any]) -> dict[str, Any]:
    """Upper case; refuses b"bad", drops b"drop" and forgets b"lost"."""
    answers = []
    for record in event["records"]:
        data = base64.b64decode(record["data"])
        result = {b"bad": "ProcessingFailed", b"drop": "Dropped"}.get(data, "Ok")
        if data != b"lost":
            body = base64.b64encode(data.upper()).decode()
            answers.append({"recordId": record["recordId"], "result": result, "data": body})
    return {"body": {"records": answers}}


def test_the_function_is_told_when_each_record_was_put(calls: Any) -> None:
    seen = calls(_judge)
    transformed(STREAM, CONFIG, _records(b"a", b"b"))
    times = [record["approximateArrivalTimestamp"] for record in seen[0]["records"]]
    assert times == [PUT_AT, PUT_AT + 1]


def test_each_record_gets_its_answer(calls: Any) -> None:
    calls(_judge)
    good, failed = transformed(STREAM, CONFIG, _records(b"a", b"bad", b"drop", b"lost"))
    assert good == [b"A"]
    documents = [json.loads(line) for line in failed]
    assert [base64.b64decode(d["rawData"]) for d in documents] == [b"bad", b"lost"]
    assert [d["errorCode"] for d in documents] == [
        "Lambda.ProcessingFailedStatus",
        "Lambda.MissingRecordId",
    ]
    assert [d["arrivalTimestamp"] for d in documents] == [PUT_AT + 1, PUT_AT + 3]
    assert {d["attemptsMade"] for d in documents} == {1}


def test_a_function_that_fails_is_tried_again_and_then_its_records_are_put_aside(
    calls: Any,
) -> None:
    seen = calls(lambda event: {"error": True, "body": {"errorMessage": "boom"}})
    good, failed = transformed(STREAM, CONFIG, _records(b"a", b"b"))
    assert good == []
    assert len(seen) == 4
    for line in failed:
        document = json.loads(line)
        assert (document["errorCode"], document["attemptsMade"]) == ("Lambda.FunctionError", 4)
        assert "boom" in document["errorMessage"]


def test_records_go_in_portions_that_firehose_would_send(calls: Any) -> None:
    seen = calls(_judge)
    good, _ = transformed(STREAM, CONFIG, _records(*[b"a"] * 501, b"x" * (1 << 20)))
    assert [len(event["records"]) for event in seen] == [500, 1, 1]
    assert len(good) == 502


def test_a_role_that_may_not_invoke_keeps_its_records(
    calls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = calls(_judge)
    monkeypatch.setattr(transform, "role_allows", lambda role, action, resource: False)
    with pytest.raises(NotDelivered, match="lambda:InvokeFunction"):
        transformed(STREAM, CONFIG, _records(b"a"))
    assert seen == []


def test_without_a_transform_records_pass_as_they_are() -> None:
    assert transformed(STREAM, {}, _records(b"a")) == ([b"a"], [])
