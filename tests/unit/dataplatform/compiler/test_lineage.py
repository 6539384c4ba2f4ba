from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dataplatform.compiler.deployed import deployed_contracts
from dataplatform.compiler.gold_differences import GoldDifference, gold_differences
from dataplatform.compiler.lineage import Lineage, Reader
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.differences.difference import Weight
from dataplatform.contracts.loader import load
from dataplatform.naming import Names
from dataplatform.plans.model import Column, PlatformPlan
from tests.unit.support.contracts import ORDERS, named, project

CARTS = named("carts")
ROOT = Path(__file__).parents[4]


def compiled(root: Path, **models: str) -> PlatformPlan:
    files = {f"models/shop/gold/{name}.sql": f"-- key: k\n{sql}" for name, sql in models.items()}
    files["contracts/shop/orders.odcs.yaml"] = ORDERS
    files["contracts/shop/carts.odcs.yaml"] = CARTS
    return compile_platform(project(root, files), Names("dev"))


def readers(root: Path, column: str, **models: str) -> tuple[Reader, ...]:
    return Lineage(compiled(root, **models)).readers("orders", column)


def test_columns_are_followed_through_models_aliases_and_expressions(tmp_path: Path) -> None:
    found = readers(
        tmp_path,
        "email",
        a="SELECT o.order_id AS k, UPPER(o.email) AS mail, o.state FROM silver.orders AS o",
        b="SELECT a.k, a.mail AS address FROM gold.a",
        c="SELECT a.k, a.state FROM gold.a",
    )
    assert found == (Reader("a", ("mail",)), Reader("b", ("address",)))


def test_a_model_that_only_chooses_or_joins_rows_by_it_is_told(tmp_path: Path) -> None:
    found = readers(
        tmp_path,
        "state",
        a="SELECT o.order_id AS k, o.email FROM silver.orders AS o WHERE o.state = 'open'",
        b="SELECT c.order_id AS k FROM silver.carts AS c JOIN silver.orders AS o"
        " ON c.state = o.state",
        c="SELECT c.order_id AS k, c.state FROM silver.carts AS c",
    )
    assert found == (Reader("a", ()), Reader("b", ()))


def test_with_queries_unions_and_subqueries_are_seen_through(tmp_path: Path) -> None:
    found = readers(
        tmp_path,
        "email",
        a="WITH x AS (SELECT o.order_id, o.email FROM silver.orders AS o)"
        " SELECT x.order_id AS k, x.email AS mail FROM x"
        " UNION ALL SELECT c.order_id, c.email FROM silver.carts AS c",
        b="SELECT c.order_id AS k FROM silver.carts AS c"
        " WHERE EXISTS (SELECT 1 FROM silver.orders AS o WHERE o.email = c.email)",
    )
    assert found == (Reader("a", ("mail",)), Reader("b", ()))


def test_another_datasets_column_of_the_same_name_is_another(tmp_path: Path) -> None:
    sql = "SELECT c.order_id AS k, c.email FROM silver.carts AS c"
    assert readers(tmp_path, "email", a=sql) == ()


def test_every_column_of_the_samples_gold_is_followed() -> None:
    plan = compile_platform(ROOT, Names("dev"))
    lineage = Lineage(plan)
    made = {
        (reader.model, column)
        for dataset in plan.datasets
        for one in dataset.columns
        for reader in lineage.readers(dataset.dataset, one.name)
        for column in reader.columns
    }
    assert {model.name for model in plan.models} == {model for model, _ in made}


def test_a_plan_gives_back_the_contracts_that_it_was_made_from() -> None:
    """So that `--against deployed` tells no difference where there is none."""
    from dataplatform.contracts.differences.datasets import changed

    contracts = load(ROOT)
    plan = PlatformPlan.from_json(compile_platform(ROOT, Names("dev")).to_json())
    assert changed(deployed_contracts(plan, contracts), contracts) == ()


def test_gold_is_compared_column_by_column(tmp_path: Path) -> None:
    sql = "SELECT o.order_id AS k, o.email, o.amount FROM silver.orders AS o"
    (old,) = compiled(tmp_path, a=sql).models
    key, email, _ = old.columns
    new = replace(old, columns=(key, replace(email, type="int"), Column(name="x", type="date")))

    def told(weight: Weight, column: str, what: str, model: str = "a") -> GoldDifference:
        return GoldDifference(model=model, column=column, weight=weight, what=what)

    assert gold_differences([old], [new, replace(new, name="b")]) == (
        told(Weight.BREAKING, "email", "int, before string"),
        told(Weight.ADDITIVE, "x", "added, date"),
        told(Weight.BREAKING, "amount", "gone"),
        told(Weight.ADDITIVE, "", "new, 3 columns", "b"),
    )
    assert gold_differences([old], [])[0].what == "gone; its tables stay as they are"
    assert gold_differences([old], [old]) == ()


def test_a_column_that_a_key_is_made_from_is_told_as_the_key(tmp_path: Path) -> None:
    model = "SELECT o.order_id AS k, o.order_id AS again FROM silver.orders AS o"
    (reader,) = readers(tmp_path, "order_id", a=model)
    assert reader == Reader("a", ("k", "again"), key=("k",))
