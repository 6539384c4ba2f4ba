from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError
from botocore.response import StreamingBody

from dataplatform.adapters.landing import LandedBytes
from dataplatform.errors import UnreadableObject
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


def test_a_cut_connection_is_no_truncated_object() -> None:
    with pytest.raises(IncompleteReadError):
        list(LandedBytes(S3(b"abc", 4), landed()))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion"])
def test_an_erased_object_is_unreadable(code: str) -> None:
    with pytest.raises(UnreadableObject, match="deleted"):
        list(LandedBytes(S3(error=code), landed()))  # type: ignore[arg-type]


def test_a_refusal_is_no_property_of_the_object() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        list(LandedBytes(S3(error="AccessDenied"), landed()))  # type: ignore[arg-type]
