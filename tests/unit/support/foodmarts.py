"""A small FoodMart in the form of the real one."""

from __future__ import annotations

import zipfile
from pathlib import Path

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


def small_jar(directory: Path, more: int = 0) -> Path:
    """The small database as a jar: five sale lines, and `more` after them."""
    lines = "".join(
        f'INSERT INTO "sales_fact_dec_1998" VALUES(340,1096,{number},0,5,6.0000,3.5000,4.0000)\n'
        for number in range(more)
    )
    jar = directory / "small.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("foodmart.script", _SMALL + lines)
    return jar
