"""Both engines, for one file of tests at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from tests.unit.support.engines import Engines, engines


@pytest.fixture(scope="module")
def both(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Spark and DuckDB, each with the same tables."""
    with engines(spark, tmp_path_factory.mktemp("engines")) as found:
        yield found
