"""A plan in force beside the contracts of the working tree: what of its rules has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.compiler.deployed import deployed_contracts
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.differences.datasets import changed
from dataplatform.contracts.loader import load
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from tests.unit.support.contracts import project, spoiled

CONTRACT = "contracts/shop/orders.odcs.yaml"
ROWS = "      - {metric: rowCount, mustBeGreaterThan: 10}\n"
OPEN = (
    "      - {type: sql, mustBe: 0, query: \"SELECT COUNT(*) FROM orders WHERE state = 'open'\"}\n"
)
STATE = "      - name: state\n"
STATES = f"{STATE}        quality: [{{metric: nullValues, mustBeLessThan: 5, unit: percent}}]\n"


def told(root: Path, before: str, after: str) -> list[str]:
    """What differs between a plan that is deployed and a contract, both of orders."""
    project(root, {CONTRACT: before})
    plan = PlatformPlan.from_json(compile_platform(root, Names("dev")).to_json())
    project(root, {CONTRACT: after})
    contracts = load(root)
    found = changed(deployed_contracts(plan, contracts), contracts)
    return [each.what for change in found for each in change.differences]


def orders(*rules: str, state: str = STATE) -> str:
    quality = f"    quality:\n{''.join(rules)}" if rules else ""
    return spoiled(("    properties:\n", f"{quality}    properties:\n"), (STATE, state))


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        (orders(ROWS), orders(ROWS.replace("10", "20")), "1, before 1"),
        (orders(ROWS, OPEN), orders(OPEN), "1, before 2"),
        (orders(), orders(OPEN), "1, before 0"),
        (orders(OPEN), orders(), "0, before 1"),
        (orders(OPEN), orders(OPEN.replace("'open'", "'closed'")), "1, before 1"),
        (orders(ROWS, state=STATES), orders(ROWS, state=STATES.replace("5", "4")), "2, before 2"),
        (orders(state=STATES), orders(), "0, before 1"),
    ],
)
def test_a_rule_of_batches_that_changed_is_told(
    tmp_path: Path, before: str, after: str, counts: str
) -> None:
    assert told(tmp_path, before, after) == [f"quality rules of batches changed ({counts})"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (orders(ROWS, ROWS, state=STATES), orders(ROWS, ROWS, state=STATES), []),
        (
            orders(ROWS),
            orders(ROWS.replace("metric", "description: enough of them, metric")),
            [],
        ),
        (
            orders(OPEN, ROWS).replace("DECIMAL(10,4)", "DECIMAL(9,4)"),
            orders(OPEN, ROWS),
            ["decimal(10,4), before decimal(9,4)"],
        ),
    ],
)
def test_rules_that_stayed_are_no_difference(
    tmp_path: Path, before: str, after: str, said: list[str]
) -> None:
    assert told(tmp_path, before, after) == said
