"""All changes of the project that these tests look at: deployed together, and back together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dataplatform.adapters.iceberg.tables import open_table
from tests.embedded.harness import Platform
from tests.embedded.projects.copies import replace, weir
from tests.unit.support.nested import NESTED, nested

SILVER_PROMOTIONS: Final = "weir_dev_silver.promotions"
BRONZE_PROMOTIONS: Final = "weir_dev_bronze.promotions"

_CARTS = nested(
    ("  - name: orders", "  - name: carts"),
    ("landing/orders/", "landing/carts/"),
    (
        "    customProperties:\n",
        "    customProperties:\n      - {property: engine, value: spark}\n",
    ),
)
_PLACES = """\
-- key: order_id
-- incremental: orders
SELECT o.order_id, o.address.city AS city, o.address.geo.lat AS lat FROM silver.orders AS o
"""
_LINES = """\
-- key: order_id, place
-- engine: spark
SELECT o.order_id, CAST(l.place AS INT) AS place, CAST(l.line.sku AS STRING) AS sku,
CAST(l.line.price AS DECIMAL(10,2)) AS price
FROM silver.orders AS o LATERAL VIEW POSEXPLODE(o.lines) l AS place, line
"""
RECORDS: Final = (
    '{"order_id":1,"changed_at":"2026-11-01T10:00:00Z","address":{"City":"Rom","zip":1234,'
    '"geo":{"lat":41.902782},"country":"IT"},"lines":[{"sku":"a","qty":1,"price":1.10},'
    '{"sku":"b","qty":"2","price":12345678.90}],"tags":["x",null]}',
    '{"order_id":2,"changed_at":"2026-11-01T10:00:00Z","address":null,"tags":[]}',
    '{"order_id":3,"changed_at":"2026-11-01T10:00:00Z","address":{"zip":"x"},'
    '"lines":[{"sku":"a","qty":1},{"qty":1.5},7]}',
    '{"order_id":4,"changed_at":"2026-11-01T10:00:00Z","lines":{"sku":"a"}}',
)
"""Of orders and carts: two that pass, two that don't."""

_RETURNS = (
    "Return ID,Store ID,Customer E-Mail,Amount,Returned At,ZIP\n"
    "1,7,ann@example.com,12.50,2026-11-01T10:00:00Z,01234\n"
    "2,7,,3.00,2026-11-01T11:00:00+02:00,98765\n"
    '3,8,cy@example.com,100,2026-11-02 10:00:00,"12,5"\n'
)
_PROMISE = "slaProperties:\n  - {property: freshness, value: 1, unit: h}\n"


@dataclass(frozen=True)
class Promotions:
    """What the platform has of them: in the warehouse, as files of silver, in the books."""

    rows: list[dict[str, Any]]
    files: frozenset[str]
    books: dict[str, int]

    @classmethod
    def of(cls, platform: Platform) -> Promotions:
        """As it is now."""
        files = {task.file.file_path for task in open_table(SILVER_PROMOTIONS).scan().plan_files()}
        return cls(
            rows=platform.sql("SELECT * FROM gold.dim_promotion ORDER BY promotion_id"),
            files=frozenset(files),
            books=platform.totals("promotions"),
        )


@dataclass(frozen=True)
class Changed:
    """The project that is deployed instead of ours, and what was before it.

    proposed: what `new dataset` said; datasets: the books that `up` told.
    """

    project: Path
    before: Promotions
    proposed: dict[str, Any]
    datasets: dict[str, dict[str, Any]]


def change(project: Path, platform: Platform, folder: Path) -> dict[str, Any]:
    """Make every change; returns what `new dataset` proposed."""
    _rename_a_column(project)
    _add_objects_and_arrays(project)
    _forget_mexico(project)
    sample = folder / "returns 2026.csv"
    sample.write_text(_RETURNS)
    asked = ("new", "dataset", "shop/returns", "--from", str(sample), "--yes")
    proposed: dict[str, Any] = weir(project, platform, *asked)
    contract = project / proposed["contract"]
    contract.write_text(contract.read_text() + _PROMISE)
    return proposed


def _rename_a_column(project: Path) -> None:
    """Of promotions, in contract and model; the model gives one a type and leaves one out."""
    replace(
        project / "contracts/foodmart/promotions.odcs.yaml",
        ("version: 1.0.0", "version: 2.0.0"),
        ("name: media_type", "name: medium\n        physicalName: media_type"),
    )
    replace(
        project / "models/foodmart/gold/dim_promotion.sql",
        ("p.media_type", "p.medium"),
        ("    p.cost,\n", "    CAST(p.cost AS DECIMAL(12, 4)) AS cost,\n"),
        (",\n    p.end_date", ""),
    )


def _add_objects_and_arrays(project: Path) -> None:
    """Two datasets of the same shape, one for each engine, with a model each engine builds."""
    files = {
        "contracts/shop/orders.odcs.yaml": NESTED,
        "contracts/shop/carts.odcs.yaml": _CARTS,
        "models/shop/gold/places.sql": _PLACES,
        "models/shop/gold/order_lines.sql": _LINES,
        "samples/orders/first.jsonl": "\n".join(RECORDS),
        "samples/carts/first.jsonl": "\n".join(RECORDS),
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)


def _forget_mexico(project: Path) -> None:
    """A contract that rejects stores which ours takes."""
    replace(project / "contracts/foodmart/stores.odcs.yaml", ("          - value: Mexico\n", ""))
