"""Parts of an object are what S3 gives for a range, whether the read names a version or not."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataplatform.adapters import landing
from dataplatform.adapters.landing import bytes_from
from dataplatform.ledger.records import LandedObject
from tests.embedded.core.machine import Machine

BUCKET = "ranges"
OLD, NEW = bytes(range(250)), bytes(range(200, 100, -1))


@pytest.fixture
def s3(fresh: Machine) -> Any:
    client = fresh.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def test_a_range_is_a_part_of_the_version_that_is_asked_for(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {s3.put_object(Bucket=BUCKET, Key="k", Body=b)["VersionId"]: b for b in (OLD, NEW)}
    for version, body in versions.items():
        found = s3.get_object(Bucket=BUCKET, Key="k", VersionId=version, Range="bytes=10-19")
        assert found["Body"].read() == body[10:20]
        assert found["ContentRange"] == f"bytes 10-19/{len(body)}"
        with pytest.raises(ClientError, match="InvalidRange"):
            s3.get_object(Bucket=BUCKET, Key="k", VersionId=version, Range=f"bytes={len(body)}-")
        monkeypatch.setattr(landing, "_PART", 64)
        one = LandedObject(
            dataset="any", bucket=BUCKET, key="k", version=version, size=len(body), checksum="",
            arrived_at="2026-01-01T00:00:00+00:00",
        )  # fmt: skip
        assert b"".join(bytes_from(s3, one, 3)) == body[3:]
    newest = s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=-7")
    assert newest["Body"].read() == NEW[-7:]
