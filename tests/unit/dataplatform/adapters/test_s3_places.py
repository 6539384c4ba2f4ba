from __future__ import annotations

import pytest

from dataplatform.adapters.s3_objects import place


@pytest.mark.parametrize(
    ("location", "bucket", "key"),
    [
        ("s3://lake/silver/a.parquet", "lake", "silver/a.parquet"),
        ("s3a://lake/silver/city=A%20B/a.parquet", "lake", "silver/city=A%20B/a.parquet"),
        ("s3n://lake/silver/city=#1?/a.parquet", "lake", "silver/city=#1?/a.parquet"),
        ("s3://s3a/s3a/b", "s3a", "s3a/b"),
        ("s3://lake", "lake", ""),
    ],
)
def test_a_key_is_all_that_follows_the_bucket(location: str, bucket: str, key: str) -> None:
    assert place(location) == (bucket, key)


@pytest.mark.parametrize("location", ["", "lake/silver", "file:///tmp/a", "s3://", "s3:///a"])
def test_what_names_no_bucket_of_s3_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="isn't in S3"):
        place(location)
