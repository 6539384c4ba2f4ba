from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from dataplatform.plans.model import Column, PlatformPlan, fill
from tests.unit.support.contracts import ORDERS, project

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROOT = Path(__file__).parents[4]
_TABLE = re.compile(r"glue_catalog\.weir_dev_(silver|gold)\.")


@pytest.fixture(scope="module")
def sample() -> PlatformPlan:
    return compile_platform(ROOT, Names("dev"))


def test_a_plan_survives_its_json(sample: PlatformPlan) -> None:
    assert PlatformPlan.from_json(sample.to_json()) == sample


def test_the_same_files_give_the_same_bytes(sample: PlatformPlan) -> None:
    assert compile_platform(ROOT, Names("dev")).to_json() == sample.to_json()


def test_the_digest_tells_stages_and_contents_apart(tmp_path: Path) -> None:
    path = "contracts/shop/orders.odcs.yaml"
    texts = [ORDERS, ORDERS.replace("maximum: 100", "maximum: 99")]
    roots = [project(tmp_path / str(i), {path: text}) for i, text in enumerate(texts)]
    digests = {
        compile_platform(root, Names(stage)).digest for root in roots for stage in ("dev", "prod")
    }
    assert len(digests) == 4


def test_a_project_without_contracts_is_an_empty_plan(tmp_path: Path) -> None:
    plan = compile_platform(tmp_path, Names("dev"))
    assert (plan.datasets, plan.models, plan.summaries) == ((), (), ())


def test_the_freshness_that_a_contract_promises_is_in_its_plan(sample: PlatformPlan) -> None:
    assert sample.dataset("sales").freshness_minutes == 24 * 60


def test_the_api_is_told_by_its_contract(sample: PlatformPlan) -> None:
    source = sample.dataset("sales").source
    assert (source.kind, source.format) == ("api", "json")
    assert (source.options["updated_column"], source.options["id_column"]) == ("updated_at", "id")


def test_spark_gives_each_gold_column_the_type_that_was_derived(
    spark: SparkSession, sample: PlatformPlan
) -> None:
    for dataset in sample.datasets:
        _empty_view(spark, f"silver_{dataset.dataset}", dataset.columns)
    for model in sample.models:
        _empty_view(spark, f"gold_{model.name}", model.columns)
        gold = model.incremental.startswith("gold.")
        changed = model.incremental.replace(".", "_") if gold else f"silver_{model.incremental}"
        for sql in (model.full_sql, fill(model.sql, changed=changed)):
            frame = spark.sql(_TABLE.sub(r"\1_", sql))
            found = [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
            assert found == [(column.name, column.type) for column in model.columns], model.name


def test_spark_gives_each_silver_column_the_type_of_its_contract(
    spark: SparkSession, sample: PlatformPlan
) -> None:
    system = "_extra string, _batch_id string, _object string, _version string, _checksum string, "
    system += "_position bigint, _arrived_at timestamp, _op string"
    for dataset in sample.datasets:
        names = [column.name for column in dataset.columns]
        schema = ", ".join([*(f"{name} string" for name in names), system])
        spark.createDataFrame([], schema).createOrReplaceTempView("bronze")
        frame = spark.sql(fill(dataset.spark.typed, bronze="bronze"))
        found = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        assert [found[name] for name in names] == [column.type for column in dataset.columns]
        assert found["_reasons"] == "array<string>"


def _empty_view(spark: SparkSession, name: str, columns: tuple[Column, ...]) -> None:
    schema = ", ".join(f"{column.name} {column.type}" for column in columns)
    spark.createDataFrame([], schema).createOrReplaceTempView(name)
