"""The compiled platform, read from where the catalog stack put it."""

from __future__ import annotations

from functools import lru_cache

from dataplatform.adapters.s3_objects import place
from dataplatform.errors import WeirError
from dataplatform.plans.model import PlatformPlan


class PlansUnreadable(WeirError):
    """The compiled plans aren't where the settings say, or aren't plans."""


@lru_cache(maxsize=4)
def load_plan(uri: str) -> PlatformPlan:
    """The plan at `s3://bucket/key`, once a process: another plan has another uri (its hash).

    Raises:
        PlansUnreadable: the uri isn't S3's, or what lies there isn't a plan.
        ClientError: S3 refuses.
    """
    import boto3

    bucket, key = _place(uri)
    answer = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    try:
        return PlatformPlan.from_json(answer["Body"].read())
    except (ValueError, KeyError, TypeError) as error:
        raise PlansUnreadable(
            f"{uri} isn't a compiled plan of this version: {type(error).__name__}: {error}",
            why="Nothing can run without the compiled contracts.",
            remedy="Deploy all stacks together: code and plans belong to one version.",
        ) from error


def _place(uri: str) -> tuple[str, str]:
    try:
        bucket, key = place(uri)
    except ValueError:
        bucket = key = ""
    if not key:
        raise PlansUnreadable(
            f"plans_uri is {uri!r}, not s3://bucket/key",
            why="Nothing can run without the compiled contracts.",
            remedy="Deploy again: the catalog stack writes it.",
        )
    return bucket, key
