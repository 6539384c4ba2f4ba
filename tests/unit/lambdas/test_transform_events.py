"""Events pass as they were written; what isn't an event fails alone."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.naming import RECEIVED_AT
from lambdas.transform_events.logic import NotAnObject, line, transform

MOMENT = 1_795_000_000_123
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_EVENTS = st.dictionaries(st.text().filter(lambda name: name != RECEIVED_AT), _VALUES)


def _record(data: bytes, identifier: str = "1") -> dict[str, Any]:
    return {
        "recordId": identifier,
        "approximateArrivalTimestamp": MOMENT,
        "data": base64.b64encode(data).decode(),
    }


@given(event=_EVENTS, indent=st.sampled_from([None, 1]))
def test_an_event_becomes_one_line_with_the_same_content(
    event: dict[str, Any], indent: int | None
) -> None:
    text = line(json.dumps(event, indent=indent, ensure_ascii=False).encode(), MOMENT)
    assert text.endswith("}\n")
    assert "\n" not in text[:-1] and "\r" not in text
    found = json.loads(text)
    assert found.pop(RECEIVED_AT).endswith(".123+00:00")
    assert found == event


def test_numbers_keep_their_digits() -> None:
    text = line(b'{"price": 1.5000, "units": 12345678901234567890.10}', MOMENT)
    found = json.loads(text, parse_float=Decimal)
    assert str(found["price"]) == "1.5000"
    assert str(found["units"]) == "12345678901234567890.10"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b"null", b"{", b'{"a": NaN}', b"\xff{}", b"{}{}", b"\xef\xbb\xbf{}"]
    + [b"[" * 200_000],
    ids=repr,
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(NotAnObject):
        line(body, MOMENT)


@given(st.binary())
def test_any_bytes_give_an_answer_and_a_failed_record_keeps_them(data: bytes) -> None:
    answer = transform(_record(data, "7"))
    assert answer["recordId"] == "7"
    if answer["result"] == "ProcessingFailed":
        assert base64.b64decode(answer["data"]) == data
    else:
        assert isinstance(json.loads(base64.b64decode(answer["data"])), dict)
