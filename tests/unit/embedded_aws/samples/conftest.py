"""FoodMart as it comes, and a small one of our own in the same form."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from embedded_aws.samples.foodmart import Foodmart

_SALES = (
    '("product_id" INTEGER NOT NULL,"time_id" INTEGER NOT NULL,"customer_id" INTEGER NOT NULL,'
    '"promotion_id" INTEGER NOT NULL,"store_id" INTEGER NOT NULL,"store_sales" DECIMAL(10,4),'
    '"store_cost" DECIMAL(10,4),"unit_sales" DECIMAL(10,4))'
)
_SMALL = f"""\
SET DATABASE GC 0
CREATE SCHEMA "foodmart" AUTHORIZATION SA
CREATE MEMORY TABLE "foodmart"."sales_fact_1997"{_SALES}
CREATE MEMORY TABLE "foodmart"."sales_fact_1998"{_SALES}
CREATE MEMORY TABLE "foodmart"."sales_fact_dec_1998"{_SALES}
CREATE MEMORY TABLE "foodmart"."time_by_day"("time_id" INTEGER NOT NULL,"the_date" TIMESTAMP)
SET SCHEMA SYSTEM_LOBS
INSERT INTO BLOCKS VALUES(0,2147483647,0)
SET SCHEMA "foodmart"
INSERT INTO "sales_fact_1997" VALUES(337,367,6280,0,2,1.5000,0.5100,2.0000)
INSERT INTO "sales_fact_1997" VALUES(337,367,6280,0,2,1.5000,0.5100,2.0000)
INSERT INTO "sales_fact_1997" VALUES(338,368,6281,0,3,4.0000,1.5000,1.0000)
INSERT INTO "sales_fact_1998" VALUES(339,732,6282,0,4,5.0000,2.5000,3.0000)
INSERT INTO "sales_fact_dec_1998" VALUES(340,1096,6283,0,5,6.0000,3.5000,4.0000)
INSERT INTO "time_by_day" VALUES(367,'1997-01-01 00:00:00.000000000')
INSERT INTO "time_by_day" VALUES(368,'1997-01-02 00:00:00.000000000')
INSERT INTO "time_by_day" VALUES(732,'1998-01-01 00:00:00.000000000')
INSERT INTO "time_by_day" VALUES(1096,'1998-12-31 00:00:00.000000000')
"""


@pytest.fixture
def small(tmp_path: Path) -> Foodmart:
    """Five sale lines, the first two equal; the one table of four days that they need."""
    return Foodmart.open(small_jar(tmp_path), tmp_path / "cache")


def small_jar(directory: Path) -> Path:
    """The small database as a jar."""
    jar = directory / "small.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("foodmart.script", _SMALL)
    return jar


@pytest.fixture(scope="session")
def foodmart(tmp_path_factory: pytest.TempPathFactory) -> Foodmart:
    """The real one."""
    if "WEIR_TOOLS" not in os.environ:
        pytest.skip("FoodMart is fetched by ./weir test")
    tools = json.loads(Path(os.environ["WEIR_TOOLS"]).read_text())
    return Foodmart.open(Path(tools["foodmart"]), tmp_path_factory.mktemp("foodmart"))
