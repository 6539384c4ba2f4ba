"""Tools that speak AWS's API reach the platform by what `./weir env` prints, as docs say."""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from typing import Any

import awswrangler as wr
import pytest

from tests.commands import ROOT, blocks
from tests.embedded.harness import Platform

pytestmark = pytest.mark.embedded

PAGE = ROOT / "docs" / "other-tools.md"


def test_a_shell_takes_the_variables_and_gives_them_back(platform: Platform) -> None:
    own = {name: value for name, value in platform.environment.items() if "AWS_" not in name}
    script = 'eval "$(./weir env)"; echo "$AWS_ENDPOINT_URL $WEIR_PIPELINE_ARN"'
    script += '; eval "$(./weir env --unset)"; echo "$AWS_ENDPOINT_URL$WEIR_PIPELINE_ARN."'
    done = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, env=own, capture_output=True, text=True, check=True
    )
    variables = platform.json("env")
    assert done.stdout.splitlines() == [
        f"{variables['AWS_ENDPOINT_URL']} {platform.target.output('PipelineArn')}",
        ".",
    ]


@pytest.fixture
def notebook(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's Python leaves, run as a notebook would with the variables set."""
    for name, value in platform.json("env").items():
        monkeypatch.setitem(os.environ, name, value)
    ((code,),) = ([text for language, text in blocks(PAGE) if language == "python"],)
    left: dict[str, Any] = {}
    exec(compile(code, PAGE.name, "exec"), left)
    return left


def test_a_notebook_reads_lake_and_warehouse(platform: Platform, notebook: dict[str, Any]) -> None:
    assert set(notebook["tables"]["Table"]) >= {"dim_store", "fact_sales"}
    by_state = "SELECT store_state, count(*) AS stores FROM gold.dim_store GROUP BY 1"
    found = json.loads(notebook["by_state"].to_json(orient="records"))
    assert sorted(found, key=str) == sorted(platform.sql(by_state), key=str)
    (sold,) = platform.sql("SELECT sum(store_sales) AS sales FROM gold.fact_sales")
    assert [Decimal(text) for text in notebook["sales"]["sales"]] == [Decimal(str(sold["sales"]))]


def test_athena_sees_what_is_published_and_no_more(
    platform: Platform, notebook: dict[str, Any]
) -> None:
    """Silver's folders hold files of earlier snapshots, and metadata, beside the table's own."""
    for dataset, books in platform.json("status")["datasets"].items():
        found = wr.athena.read_sql_query(
            f"SELECT count(*) AS n FROM {dataset}",
            database="weir_dev_silver",
            workgroup="weir-dev-lake",
            ctas_approach=False,
        )
        assert found["n"].tolist() == [books["live"]], dataset
