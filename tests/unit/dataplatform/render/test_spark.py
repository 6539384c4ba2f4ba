"""A dataset's rendered SQL, run on Spark."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import Names
from dataplatform.plans.model import SilverPlan, fill
from tests.unit.support.contracts import contract, spoiled
from tests.unit.support.spark import SilverStep

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

WHEN = "2026-01-02T03:04:05Z"
GOOD = {
    "order_id": "7",
    "amount": "1.5000",
    "email": "a@b",
    "state": "open",
    "changed_at": WHEN,
}
KEYLESS = spoiled(
    ("        primaryKey: true\n", ""),
    ("    customProperties:\n      - property: ordering\n        value: changed_at\n", ""),
)


def plan(text: str | None = None) -> SilverPlan:
    return silver_plan(contract(text) if text else contract(), Names("dev"))


@pytest.fixture
def orders(spark: SparkSession) -> SilverStep:
    return SilverStep(spark, plan())


@pytest.fixture
def keyless(spark: SparkSession) -> SilverStep:
    return SilverStep(spark, plan(KEYLESS))


def silver(**changes: Any) -> dict[str, Any]:
    """The row that GOOD leaves in silver."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    row = {"order_id": 7, "amount": Decimal("1.5000"), "email": "a@b", "state": "open"}
    return {**row, "changed_at": moment, **changes}


class TestTyped:
    def test_a_good_record_has_typed_values_and_no_reasons(self, orders: SilverStep) -> None:
        (row,) = orders.typed(GOOD)
        assert (row["order_id"], row["amount"], row["state"]) == (7, Decimal("1.5000"), "open")
        assert row["_reasons"] == []
        assert row["_batch_id"] == "b"

    def test_a_bad_record_has_every_reason(self, orders: SilverStep) -> None:
        (row,) = orders.typed({"order_id": "x", "amount": "-1", "email": "ab", "state": "gone"})
        assert row["_reasons"] == [
            "malformed order_id: 'x' is not bigint",
            "amount below 0: '-1'",
            "email shorter than 3 characters",
            "email doesn't match @",
            "state not one of open, closed: 'gone'",
            "missing changed_at",
        ]

    def test_what_is_optional_may_be_missing(self, orders: SilverStep) -> None:
        (row,) = orders.typed({"order_id": "1", "changed_at": WHEN})
        assert row["_reasons"] == []

    def test_a_classified_value_does_not_stand_in_a_reason(self, spark: SparkSession) -> None:
        text = spoiled(
            ("        physicalType: DECIMAL(10,4)\n",
             "        physicalType: DECIMAL(10,4)\n        classification: confidential\n")
        )  # fmt: skip
        (row,) = SilverStep(spark, plan(text)).typed({**GOOD, "amount": "secret"})
        assert row["_reasons"] == ["malformed amount: not decimal(10,4)"]

    def test_a_long_value_is_shortened_in_its_reason(self, orders: SilverStep) -> None:
        (row,) = orders.typed({**GOOD, "state": "x" * 500})
        assert row["_reasons"] == [f"state not one of open, closed: '{'x' * 80}...'"]

    def test_a_fraction_that_would_be_rounded_is_malformed(self, orders: SilverStep) -> None:
        (row,) = orders.typed({**GOOD, "amount": "1.00005"})
        assert row["_reasons"] == ["malformed amount: '1.00005' is not decimal(10,4)"]

    def test_bounds_hold_to_the_last_digit(self, orders: SilverStep) -> None:
        rows = orders.typed({**GOOD, "amount": "100.0000"}, {**GOOD, "amount": "100.0001"})
        assert [row["_reasons"] for row in rows] == [[], ["amount above 100: '100.0001'"]]

    def test_lengths_count_characters_not_bytes(self, orders: SilverStep) -> None:
        rows = orders.typed({**GOOD, "email": "ü" * 49 + "@"}, {**GOOD, "email": "😀" * 49 + "@@"})
        assert [row["_reasons"] for row in rows] == [[], ["email longer than 50 characters"]]

    def test_of_a_delete_only_the_key_is_checked(self, orders: SilverStep) -> None:
        rows = orders.typed(
            {"_op": "delete", "order_id": "7", "amount": "junk", "state": "gone"},
            {"_op": "delete", "changed_at": WHEN},
        )
        assert [row["_reasons"] for row in rows] == [[], ["missing order_id"]]

    def test_a_delete_without_ordering_is_as_new_as_its_arrival(self, orders: SilverStep) -> None:
        (row,) = orders.typed({"_op": "delete", "order_id": "7"})
        assert row["changed_at"] == row["_arrived_at"]

    @pytest.mark.parametrize(
        ("options", "good", "bad"),
        [
            ("exclusiveMinimum: 5", "5.0001", "5"),
            ("exclusiveMaximum: 5", "4.9999", "5"),
            ("minimum: 0.00001", "0.0001", "0"),
        ],
    )
    def test_open_and_fine_bounds(
        self, spark: SparkSession, options: str, good: str, bad: str
    ) -> None:
        text = spoiled(("minimum: 0\n          maximum: 100", options))
        rows = SilverStep(spark, plan(text)).typed(
            {**GOOD, "amount": good}, {**GOOD, "amount": bad}
        )
        assert [len(row["_reasons"]) for row in rows] == [0, 1]

    @pytest.mark.parametrize(
        ("kind", "bound", "good", "bad"),
        [
            ("date", "2020-02-29", "2020-02-29", "2020-02-28"),
            ("timestamp", "2020-01-01T00:00:00Z",
             "2020-01-01T01:00:00+01:00", "2019-12-31T23:59:59.999999Z"),
            ("integer", "-5", "-5", "-6"),
            ("number\n        physicalType: DOUBLE", "0.1", "0.1", "0.09999999999999999"),
        ],
    )  # fmt: skip
    def test_bounds_of_every_type(
        self, spark: SparkSession, kind: str, bound: str, good: str, bad: str
    ) -> None:
        text = spoiled(
            ("        enum:\n          - value: open\n          - value: closed\n",
             f"        logicalTypeOptions: {{minimum: {bound}}}\n"),
            ("      - name: state\n        logicalType: string\n",
             f"      - name: state\n        logicalType: {kind}\n"),
        )  # fmt: skip
        rows = SilverStep(spark, plan(text)).typed({**GOOD, "state": good}, {**GOOD, "state": bad})
        assert [len(row["_reasons"]) for row in rows] == [0, 1]

    def test_values_with_quotes_backslashes_and_placeholders_are_only_values(
        self, spark: SparkSession
    ) -> None:
        odd = ["it's", 'say "x"', "a\\b", "{bronze}", "`tick`", "${x}", "semi;colon --"]
        # JSON's strings are YAML's, too.
        listed = "".join(f"          - value: {json.dumps(value)}\n" for value in odd)
        text = spoiled(("          - value: open\n          - value: closed\n", listed))
        rows = SilverStep(spark, plan(text)).typed(*({**GOOD, "state": value} for value in odd))
        assert [row["_reasons"] for row in rows] == [[]] * len(odd)

    def test_a_pattern_means_in_sql_what_the_contract_says(self, spark: SparkSession) -> None:
        text = spoiled(('pattern: "@"', "pattern: '^\\w+\\\\\\d{2}''@$'"))
        step = SilverStep(spark, plan(text))
        rows = step.typed({**GOOD, "email": "ab\\12'@"}, {**GOOD, "email": "ab12'@"})
        assert [len(row["_reasons"]) for row in rows] == [0, 1]

    def test_a_contract_without_any_rule_checks_nothing(self, spark: SparkSession) -> None:
        text = KEYLESS[: KEYLESS.index("    properties:")]
        text += "    properties:\n      - name: words\n        logicalType: string\n"
        (row,) = SilverStep(spark, plan(text)).typed({"words": None})
        assert row["_reasons"] == []


class TestNewest:
    def test_the_ordering_column_decides_before_the_order_of_arrival(
        self, orders: SilverStep
    ) -> None:
        later = {**GOOD, "state": "closed", "changed_at": "2026-01-03T00:00:00Z"}
        (row,) = orders.newest(later, GOOD)
        assert row["state"] == "closed"

    def test_of_equal_ordering_the_last_to_arrive_is_newest(self, orders: SilverStep) -> None:
        early = {**GOOD, "_arrived_at": datetime(2026, 1, 1, tzinfo=UTC), "_position": 9}
        late = {**GOOD, "state": "closed", "_arrived_at": datetime(2026, 1, 2, tzinfo=UTC)}
        (row,) = orders.newest(late, early)
        assert row["state"] == "closed"

    def test_in_one_object_the_last_position_is_newest(self, orders: SilverStep) -> None:
        (row,) = orders.newest(GOOD, {**GOOD, "state": "closed"})
        assert row["state"] == "closed"

    def test_without_key_every_record_of_an_object_stands(self, keyless: SilverStep) -> None:
        assert len(keyless.newest(GOOD, GOOD)) == 2

    def test_without_key_the_same_bytes_are_one_object(self, keyless: SilverStep) -> None:
        again = {**GOOD, "_position": 0, "_object": "copy"}
        assert len(keyless.newest(GOOD, again)) == 1


class TestClassified:
    def test_a_new_key_is_inserted(self, orders: SilverStep) -> None:
        assert orders.actions(GOOD) == {7: "insert"}

    def test_an_equal_row_is_a_duplicate(self, orders: SilverStep) -> None:
        assert orders.actions(GOOD, silver=[silver()]) == {7: "duplicate"}

    def test_nulls_equal_nulls(self, orders: SilverStep) -> None:
        bare = {**GOOD, "email": None, "state": None}
        stands = [silver(email=None, state=None)]
        assert orders.actions(bare, silver=stands) == {7: "duplicate"}

    @pytest.mark.parametrize(
        "changed", [{"amount": "1.5001"}, {"email": None}, {"state": "closed"}]
    )
    def test_a_changed_row_is_an_update(
        self, orders: SilverStep, changed: dict[str, str | None]
    ) -> None:
        assert orders.actions({**GOOD, **changed}, silver=[silver()]) == {7: "update"}

    def test_an_older_row_loses_to_the_one_that_stands(self, orders: SilverStep) -> None:
        old = {**GOOD, "state": "closed", "changed_at": "2026-01-02T03:04:04.999999Z"}
        assert orders.actions(old, silver=[silver()]) == {7: "duplicate"}

    def test_a_delete_removes_what_stands(self, orders: SilverStep) -> None:
        gone = {**GOOD, "_op": "delete"}
        assert orders.actions(gone, silver=[silver()]) == {7: "delete"}

    def test_an_older_delete_loses(self, orders: SilverStep) -> None:
        gone = {**GOOD, "_op": "delete", "changed_at": "2020-01-01T00:00:00Z"}
        assert orders.actions(gone, silver=[silver()]) == {7: "duplicate"}

    def test_a_delete_of_nothing_is_a_duplicate(self, orders: SilverStep) -> None:
        assert orders.actions({**GOOD, "_op": "delete"}) == {7: "duplicate"}

    def test_without_key_a_record_is_known_by_its_object_and_place(
        self, keyless: SilverStep
    ) -> None:
        assert keyless.actions(GOOD, silver=[silver()]) == {"c": "duplicate"}
        assert keyless.actions(GOOD, silver=[silver(_checksum="other")]) == {"c": "insert"}


@pytest.mark.parametrize("text", [None, KEYLESS])
def test_the_merge_is_a_statement_that_spark_parses(spark: SparkSession, text: str | None) -> None:
    sql = fill(
        plan(text).spark.merge,
        target="glue_catalog.d.t.branch_audit",
        changes="changes",
        within="TRUE",
    )
    parsed = spark._jsparkSession.sessionState().sqlParser().parsePlan(sql).toString()
    assert parsed.startswith("'MergeIntoTable")
    for column in ("_checksum", "_position", "_batch_id", "_sequence", "_loaded_at"):
        assert f"t.`{column}` = c.`{column}`" in sql
