"""How services reach each other: events, queues, state machines, streams, stacks."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.core.machine import Machine, wait_until
from tests.embedded.core.parts import att, function, role

pytestmark = pytest.mark.embedded


def _item(machine: Machine, key: str) -> dict[str, Any] | None:
    answer = machine.client("dynamodb").get_item(
        TableName=machine.output("Table"), Key={"pk": {"S": key}}
    )
    item: dict[str, Any] | None = answer.get("Item")
    return item


def test_a_burst_of_objects_becomes_one_batch_and_poison_ends_in_the_dead_letter_queue(
    machine: Machine,
) -> None:
    keys = [f"in/{n}.csv" for n in range(14)]
    for key in [*keys, "in/poison.csv"]:
        machine.client("s3").put_object(Bucket=machine.output("Landing"), Key=key, Body=b"x")
    items = [wait_until(lambda key=key: _item(machine, key), 20) for key in keys]  # type: ignore[misc]
    assert {item["n"]["N"] for item in items} == {"1"}
    assert max(int(item["together"]["N"]) for item in items) > 10
    queue = machine.client("sqs")
    (dead,) = wait_until(
        lambda: queue.receive_message(QueueUrl=machine.output("Dead"), WaitTimeSeconds=1).get(
            "Messages"
        ),
        30,
    )
    assert json.loads(dead["Body"])["detail"]["object"]["key"] == "in/poison.csv"
    assert _item(machine, "in/poison.csv")["n"]["N"] == "2"  # type: ignore[index]


def test_a_state_machine_maps_over_items_in_order(machine: Machine) -> None:
    done = machine.execute("Machine", items=[{"n": n} for n in range(5)])
    assert json.loads(done["output"]) == [{"answer": {"n": n}} for n in range(5)]


def test_a_step_is_retried_by_the_class_of_its_error(machine: Machine) -> None:
    started = time.monotonic()
    failed = machine.execute("Machine", items=[{"do": "fail"}])
    assert (failed["status"], failed["error"]) == ("FAILED", "SourceUnavailable")
    attempts = [event for event in failed["events"] if event["type"] == "TaskFailed"]
    assert len(attempts) == 3
    assert time.monotonic() - started < 8  # A second's most for each, not ten by the back-off.


def test_a_state_machine_acts_under_its_own_role(machine: Machine) -> None:
    failed = machine.execute("PowerlessMachine", items=[{"n": 1}])
    assert failed["error"] == "Lambda.AWSLambdaException"
    assert "lambda:InvokeFunction" in failed["cause"]


def test_a_redriven_execution_runs_again_only_what_failed(machine: Machine) -> None:
    bucket = machine.output("Locked")
    machine.client("s3").put_object(Bucket=bucket, Key="k", Body=b"here")
    items = [{"n": 1}, {"do": "get", "bucket": bucket, "key": "k"}]
    failed = machine.execute("Machine", items=items)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    states, arn = machine.client("stepfunctions"), failed["executionArn"]
    with machine.key_granted():
        states.redrive_execution(executionArn=arn)
        done = machine.ended(arn)
    assert json.loads(done["output"]) == [{"answer": {"n": 1}}, {"answer": "here"}]
    assert (done["status"], done["redriveCount"]) == ("SUCCEEDED", 1)
    kinds = [event["type"] for event in done["events"]]
    redriven = kinds.index("ExecutionRedriven")
    assert kinds[:redriven].count("TaskScheduled") == 2
    assert kinds[redriven:].count("TaskScheduled") == 1
    with pytest.raises(states.exceptions.ExecutionNotRedrivable, match="SUCCEEDED"):
        states.redrive_execution(executionArn=arn)


def test_a_stream_is_delivered_as_one_compressed_object_and_failures_apart(
    machine: Machine,
) -> None:
    firehose, s3 = machine.client("firehose"), machine.client("s3")
    bucket = machine.output("Stream")
    for start in range(0, 60, 20):
        firehose.put_record_batch(
            DeliveryStreamName=machine.output("Firehose"),
            Records=[{"Data": f"row {n}\n".encode()} for n in range(start, start + 20)],
        )
    firehose.put_record(DeliveryStreamName=machine.output("Firehose"), Record={"Data": b"bad"})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)

    def delivered() -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return sorted(entry["Key"] for entry in found) if len(found) >= 2 else []

    failed, good = wait_until(delivered, 20)
    assert good.startswith("pos/20")
    assert good.endswith(".gz")
    body = gzip.decompress(s3.get_object(Bucket=bucket, Key=good)["Body"].read())
    assert body.decode().splitlines() == [f"row {n}" for n in range(60)]
    assert failed.startswith("failed/processing-failed/20")
    document = json.loads(s3.get_object(Bucket=bucket, Key=failed)["Body"].read())
    assert document["rawData"] == "YmFk"


def test_a_custom_resource_whose_function_breaks_fails_with_its_reason(machine: Machine) -> None:
    template = {
        "Resources": {
            "Role": role("lambda"),
            "Broken": function("def handler(e, c): raise ValueError('column x')", "Role"),
            "Schemas": {
                "Type": "Custom::Schemas",
                "Properties": {"ServiceToken": att("Broken")},
            },
        }
    }
    with pytest.raises(AssertionError, match="ValueError: column x"):
        machine.deploy("broken", template)
    assert machine.stack("broken")["StackStatus"] == "ROLLBACK_COMPLETE"


def test_a_type_that_nobody_knows_is_refused_before_anything_is_made(machine: Machine) -> None:
    with pytest.raises(ClientError, match="AWS::Quantum::Computer"):
        machine.deploy("unknown", {"Resources": {"Q": {"Type": "AWS::Quantum::Computer"}}})


def test_what_is_accepted_by_name_only_is_listed(machine: Machine) -> None:
    listed = json.loads((machine.state / "data" / "by_name_only.json").read_text())
    assert "VPC flow log" in {entry["what"] for entry in listed.values()}


def test_attributes_that_templates_ask_for_are_there(machine: Machine) -> None:
    assert machine.output("Cidr") == "10.7.0.0/16"
