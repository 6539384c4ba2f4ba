"""Firehose's documents: every record comes out as it was put, with why it was put aside."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from dataplatform.parsing.model import REJECTED, Rejected, replayed
from dataplatform.parsing.parser import parse

REFUSED = "not transformed: Lambda.ProcessingFailedStatus: status set for record"


def document(data: bytes, code: str = "Lambda.ProcessingFailedStatus") -> bytes:
    fields = {
        "attemptsMade": 1,
        "arrivalTimestamp": 1_795_000_000_123,
        "errorCode": code,
        "errorMessage": "status set for record",
        "attemptEndingTimestamp": 1_795_000_001_456,
        "rawData": base64.b64encode(data).decode(),
        "lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:transform",
    }
    return json.dumps(fields).encode() + b"\n"


def rejected(body: bytes) -> list[Rejected]:
    blocks = list(parse([body], format=REJECTED, columns=["event_id"]))
    assert not [row for block in blocks for row in block.each()], "nothing of it is a row"
    return [bad for block in blocks for bad in block.rejected]


@pytest.mark.parametrize(
    ("data", "source", "reason"),
    [
        (b"not an event", "not an event", "not JSON: Expecting value at character 1"),
        (b"[1]", "[1]", "not a JSON object but an array"),
        (b"", "", "not JSON: Expecting value at character 1"),
        (b'{"a":1}\n{"a":2}', '{"a":1}\n{"a":2}', "not JSON: more text after the value"),
        (b"caf\xe9", r"caf\xe9", "not UTF-8 at byte 3: unexpected end of data"),
        (b"a\0b", "a\0b", "not JSON: Expecting value at character 1"),
    ],
)
def test_a_record_is_decoded_and_has_every_reason(data: bytes, source: str, reason: str) -> None:
    (bad,) = rejected(document(data))
    assert (bad.position, bad.source) == (1, source)
    assert bad.reasons[0].startswith(reason)
    assert bad.reasons[1] == REFUSED


def test_a_sound_record_has_only_the_transforms_failure_as_reason() -> None:
    (bad,) = rejected(document(b'{"event_id": "a"}', "Lambda.FunctionError"))
    assert bad.source == '{"event_id": "a"}'
    assert bad.reasons == ("not transformed: Lambda.FunctionError: status set for record",)


def test_positions_count_every_document_of_an_object_packed_or_not() -> None:
    body = document(b"one") + b"no document\n" + document(b"three")
    for landed in (body, gzip.compress(body)):
        found = rejected(landed)
        assert [(bad.position, bad.source) for bad in found] == [
            (1, "one"),
            (2, "no document"),
            (3, "three"),
        ]
        assert found[1].reasons[0] == "not a document of Firehose's"


def test_a_document_without_its_record_is_still_counted() -> None:
    (first, second) = rejected(b'{"errorCode": "x"}\n{"rawData": "%"}\n')
    assert first.reasons[-1] == "not transformed: x"
    assert second.source == "%"
    assert second.reasons[0].startswith("rawData is not base64")


def test_at_a_replay_a_sound_record_is_a_row_and_the_others_stay_rejected() -> None:
    """Also one whose odd bytes, shown as text, would be JSON."""
    sound = b'{"event_id":"a","n":1.10}\n'
    odd = (b"[1]", b'{"event_id":"\\\xe9"}', b'{"event_id":"b"}\n{"event_id":"c"}')
    body = b"".join(document(data) for data in (odd[0], sound, *odd[1:])) + b"no document\n"
    (block,) = parse([body], format=replayed(REJECTED), columns=["event_id"])
    (row,) = block.each()
    assert (row.position, row.op, row.extra, row.values) == (2, "insert", '{"n":1.10}', ["a"])
    before = rejected(body)
    assert block.rejected == [bad for bad in before if bad.position != 2]
    assert [bad.position for bad in block.rejected] == [1, 3, 4, 5]
    assert [replayed(name) for name in ("csv", "json")] == ["csv", "json"]
