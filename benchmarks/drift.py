"""Drift of a 100 MB file: found from its header and a sample, held against reading it whole.

The object is served by S3 over HTTP from this machine (moto), so that what is measured is the reads
and the comparison; in AWS each of the two reads is some 30 ms more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any, Final

from benchmarks.measure import Figure

MEGABYTES: Final = 100
TARGET: Final = 0.5
TIMES: Final = 5

_BUCKET: Final = "landing"
_NAMES: Final = [f"column_{number}" for number in range(20)]


def run() -> list[Figure]:
    """Medians, of a file with a new column, a renamed one and a retyped one."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        return [_measured(_client(f"http://{host}:{port}"))]
    finally:
        server.stop()


def _client(endpoint: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )


def _measured(s3: Any) -> Figure:
    from dataplatform.adapters.landing import LandedBytes
    from dataplatform.adapters.samples import sample
    from dataplatform.drift.compare import compare
    from dataplatform.drift.shape import observe
    from dataplatform.ledger.records import LandedObject
    from dataplatform.parsing.parser import parse

    body, header = _file()
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_object(Bucket=_BUCKET, Key="wide/a.csv", Body=body)
    landed = LandedObject(
        dataset="wide",
        bucket=_BUCKET,
        key="wide/a.csv",
        version="",
        size=len(body),
        checksum="",
        arrived_at="2026-11-21T10:00:00Z",
    )
    plan = _plan()

    def looked() -> None:
        taken = sample(s3, landed)
        shape = taken and observe(taken, format="csv")
        kinds = sorted(drift.kind for drift in compare(shape, plan)) if shape else []
        if kinds != ["new", "renamed", "retyped"]:
            raise RuntimeError(f"found {kinds}")

    def read_whole() -> None:
        rows = sum(map(len, parse(LandedBytes(s3, landed), format="csv", columns=header)))
        if not rows:
            raise RuntimeError("nothing was read")

    whole = _seconds(read_whole, times=1)
    return Figure(
        name=f"drift of a {MEGABYTES} MB file",
        value=_seconds(looked, times=TIMES),
        unit="s",
        target=TARGET,
        rival="reading the file whole, as staging does",
        rival_value=whole,
        note="header and a sample of two reads; wall clock",
    )


def _file() -> tuple[bytes, list[str]]:
    """CSV of which the contract knows all columns but one, another is renamed, a third is text."""
    header = [*_NAMES, "added"]
    header[3] = "Column-3"
    fields = ["1234567"] * len(header)
    fields[5] = "31.01.2026"
    line = ",".join(fields) + "\n"
    count = MEGABYTES * 10**6 // len(line)
    return (",".join(header) + "\n" + line * count).encode(), header


def _plan() -> Any:
    """A plan of int columns; nothing but its columns is looked at."""
    from dataplatform.plans.model import Column, SilverPlan, SilverSql, SourcePlan

    sql = SilverSql(typed="", newest="", classified="", merge="")
    plan = SilverPlan(
        dataset="wide",
        domain="bench",
        version="1.0.0",
        digest="",
        description="",
        source=SourcePlan(kind="s3", format="csv"),
        columns=(),
        primary_key=(),
        ordering="",
        partition_by=(),
        checks=(),
        bronze_table="",
        silver_table="",
        quarantine_table="",
        spark=sql,
        duckdb=sql,
    )
    return replace(plan, columns=tuple(Column(name=name, type="int") for name in _NAMES))


def _seconds(act: Callable[[], None], *, times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.monotonic()
        act()
        taken.append(time.monotonic() - began)
    return median(taken)
