from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError
from botocore.response import StreamingBody

from dataplatform.adapters import landing
from dataplatform.adapters.landing import LandedBytes, bytes_from
from dataplatform.errors import UnreadableObject, WeirError
from tests.unit.support.ledgers import landed


class S3:
    def __init__(self, body: bytes = b"", length: int = 0, error: str = "") -> None:
        self.body, self.length, self.error = body, length, error
        self.asked: dict[str, Any] = {}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "GetObject")
        return {"Body": StreamingBody(io.BytesIO(self.body), self.length)}


def test_exactly_the_registered_version_is_read() -> None:
    s3 = S3(b"abc", 3)
    content = LandedBytes(s3, landed(version="v7"))  # type: ignore[arg-type]
    assert b"".join(content) == b"abc"
    assert s3.asked["VersionId"] == "v7"
    assert content.sha256.startswith("ba7816bf")


class Cut:
    """An object of which each connection gives so many bytes and then breaks."""

    def __init__(self, body: bytes, *, each: int) -> None:
        self.body, self.each = body, each
        self.asked: list[str] = []

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked.get("Range", ""))
        start = int(asked.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        rest = self.body[start:]
        end = len(self.body)
        sent = StreamingBody(io.BytesIO(rest[: self.each]), len(rest))
        return {"Body": sent, "ContentRange": f"bytes {start}-{end - 1}/{end}"}


def test_a_connection_that_breaks_is_followed_by_one_from_that_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landing, "_CHUNK", 2)
    s3: Any = Cut(b"abcdefghij", each=3)
    content = LandedBytes(s3, landed())
    assert b"".join(content) == b"abcdefghij"
    assert s3.asked == ["", "bytes=3-", "bytes=6-", "bytes=9-"]
    assert content.sha256 == hashlib.sha256(b"abcdefghij").hexdigest()


def test_a_connection_that_breaks_without_a_byte_more_is_no_truncated_object() -> None:
    s3: Any = Cut(b"abc", each=0)
    with pytest.raises(IncompleteReadError):
        list(LandedBytes(s3, landed()))
    assert len(s3.asked) > 1


def test_a_store_that_begins_anew_where_the_rest_is_asked_for_is_refused() -> None:
    with pytest.raises(WeirError, match="bytes from 3 on"):
        list(LandedBytes(S3(b"abc", 4), landed()))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion"])
def test_an_erased_object_is_unreadable(code: str) -> None:
    with pytest.raises(UnreadableObject, match="deleted"):
        list(LandedBytes(S3(error=code), landed()))  # type: ignore[arg-type]


def test_a_refusal_is_no_property_of_the_object() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        list(LandedBytes(S3(error="AccessDenied"), landed()))  # type: ignore[arg-type]


class Parts:
    """An object of which S3 gives the bytes asked for, after so many broken connections."""

    def __init__(self, body: bytes, *, broken: int = 0) -> None:
        self.body, self.broken = body, broken

    def get_object(self, **asked: Any) -> dict[str, Any]:
        first, last = (int(end) for end in asked["Range"].removeprefix("bytes=").split("-"))
        if first >= len(self.body):
            raise ClientError({"Error": {"Code": "InvalidRange", "Message": ""}}, "GetObject")
        part = self.body[first : last + 1]
        self.broken, cut = max(self.broken - 1, 0), self.broken > 0
        sent = StreamingBody(io.BytesIO(part[:1] if cut else part), len(part))
        return {"Body": sent, "ContentRange": f"bytes {first}-{last}/{len(self.body)}"}


def test_a_store_that_gives_the_whole_object_for_a_range_is_refused() -> None:
    s3: Any = S3(b"abc", 3)
    with pytest.raises(WeirError, match="bytes from 1 on"):
        list(bytes_from(s3, landed(), 1))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 17])
def test_an_object_is_read_in_parts_from_any_offset(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_PART", 8)
    monkeypatch.setattr(landing, "_CHUNK", 3)
    body = bytes(range(size))
    for start in range(size + 1):
        s3: Any = Parts(body, broken=2)
        assert b"".join(bytes_from(s3, landed(), start)) == body[start:]


def test_a_part_that_breaks_time_and_again_is_no_end() -> None:
    s3: Any = Parts(b"abc", broken=9)
    with pytest.raises(IncompleteReadError):
        list(bytes_from(s3, landed()))


def test_an_object_erased_before_its_parts_are_read_is_unreadable() -> None:
    s3: Any = S3(error="NoSuchVersion")
    with pytest.raises(UnreadableObject, match="deleted"):
        list(bytes_from(s3, landed()))
