"""Properties in the summary of an Iceberg commit, whatever SQL statement makes the commit.

Iceberg 1.10 has a writer option for this (`snapshot-property.…`), which SQL statements can't carry,
and no session setting. Its API for the rest is `CommitMetadata.withCommitProperties`: it holds the
properties for the commits of one thread while it runs a Java `Callable`. Here that is a Python
function, which py4j calls back on the very thread that waits for it (PySpark pins threads, here as
on Glue).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

_STARTING: Final = threading.Lock()
"""One thread at a time asks for the callback server, or two would start one each."""


class _Callable:
    """A Python function as `java.util.concurrent.Callable`; keeps what it raises for Python."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self.failure: BaseException | None = None

    def call(self) -> None:
        try:
            self._function()
        except BaseException as failure:  # Through Java it would come back as text alone.
            self.failure = failure

    class Java:
        implements = ["java.util.concurrent.Callable"]


def commit_with(
    spark: SparkSession, properties: Mapping[str, str], write: Callable[[], object]
) -> None:
    """Call `write` so that every commit it makes has `properties` in its snapshot's summary.

    Raises:
        Exception: what `write` raises.
    """
    context = spark.sparkContext
    with _STARTING:
        ensure_callback_server_started(context._gateway)
    jvm = context._jvm
    assert jvm is not None
    callback = _Callable(write)
    jvm.org.apache.iceberg.spark.CommitMetadata.withCommitProperties(
        dict(properties), callback, jvm.java.lang.Class.forName("java.lang.RuntimeException")
    )
    if callback.failure is not None:
        raise callback.failure
