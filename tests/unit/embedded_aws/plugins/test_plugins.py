"""The parts of the plug-ins that need no server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.plugins import by_name_only, encryption, event_sources, state_machines

KEY = "arn:aws:kms:us-east-1:000000000000:key/1"


def test_a_type_known_by_name_is_listed_until_it_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_STATE_DIR", str(tmp_path))
    (tmp_path / "data").mkdir()
    handlers: dict[str, Any] = {}
    by_name_only.install(handlers)
    handler = handlers["AWS::CloudWatch::CompositeAlarm"]
    name, attributes = handler["create"]("Any", {"AlarmName": "any"}, "weir-dev-observability")
    assert attributes["Arn"].endswith(":alarm:any")
    listed = json.loads((tmp_path / "data" / "by_name_only.json").read_text())
    assert listed[name]["what"] == "composite alarm"
    handler["delete"](name, {})
    assert json.loads((tmp_path / "data" / "by_name_only.json").read_text()) == {}


def test_a_type_that_is_emulated_is_not_replaced_by_a_name() -> None:
    handlers: dict[str, Any] = {"AWS::EC2::FlowLog": {"create": "real"}}
    by_name_only.install(handlers)
    assert handlers["AWS::EC2::FlowLog"] == {"create": "real"}


@pytest.mark.parametrize(
    ("method", "query", "action"),
    [
        ("GET", {}, "kms:Decrypt"),
        ("GET", {"versionId": ["1"]}, "kms:Decrypt"),
        ("GET", {"tagging": [""]}, ""),
        ("PUT", {}, "kms:GenerateDataKey"),
        ("PUT", {"partNumber": ["1"], "uploadId": ["u"]}, "kms:GenerateDataKey"),
        ("POST", {"uploads": [""]}, "kms:GenerateDataKey"),
        ("POST", {"uploadId": ["u"]}, "kms:Decrypt"),
        ("DELETE", {}, ""),
        ("HEAD", {}, ""),
    ],
)
def test_reading_needs_decrypt_and_writing_a_data_key(
    method: str, query: dict[str, Any], action: str
) -> None:
    assert encryption._object_action(method, query) == action


def test_a_buckets_own_key_is_found_in_what_its_template_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ministack.services import s3

    configuration = encryption.default_encryption_xml(
        {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": KEY,
                    },
                }
            ]
        }
    )
    monkeypatch.setitem(s3._bucket_encryption, "silver", configuration)
    assert encryption.bucket_key("silver") == KEY
    assert encryption.bucket_key("unencrypted") is None


def _queue(*ages: float) -> dict[str, Any]:
    now = time.time()
    return {"messages": [{"sent_at": now - age, "visible_at": now - age} for age in ages]}


def test_a_batch_waits_for_its_window_unless_it_is_full() -> None:
    assert not event_sources._ready(_queue(), 10, 5)
    assert not event_sources._ready(_queue(1, 0), 10, 5)
    assert event_sources._ready(_queue(6, 0), 10, 5)
    assert event_sources._ready(_queue(1, 1, 1), 3, 5)


def test_a_queue_has_the_same_address_whatever_port_the_server_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "1234")
    url = event_sources.queue_url("000000000000", "any")
    assert url == "https://sqs.us-east-1.amazonaws.com/000000000000/any"


def test_messages_in_flight_dont_count_for_a_batch() -> None:
    assert not event_sources._ready(_queue(-30, -30, -30), 3, 5)


def test_delays_grow_up_to_the_longest() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}
    assert [state_machines.delay(retrier, n) for n in range(3)] == [2, 6, 10]


def test_full_jitter_spreads_delays_below_the_limit() -> None:
    retrier = {"IntervalSeconds": 8, "BackoffRate": 1, "JitterStrategy": "FULL"}
    delays = {state_machines.delay(retrier, 0) for _ in range(50)}
    assert len(delays) > 40
    assert all(0 <= seconds <= 8 for seconds in delays)
