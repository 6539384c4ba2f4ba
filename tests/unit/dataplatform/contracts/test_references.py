"""`relationships` lead to a column of this project, of the same type; `check` says where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.contracts.loader import load
from dataplatform.errors import InvalidContract, Problem
from tests.unit.support.contracts import ORDERS, line_of, named, project

ORDER_ID = "      - name: order_id\n"
STATE = "      - name: state\n"
SCHEMA = "    description: One row for each order.\n"


def at(opening: str, relationship: str) -> str:
    indent = "    " if opening == SCHEMA else "        "
    return ORDERS.replace(opening, f"{opening}{indent}relationships:\n{indent}  - {relationship}\n")


def found(root: Path, text: str) -> list[Problem]:
    files = {"contracts/shop/orders.odcs.yaml": text, "contracts/shop/carts.odcs.yaml": CARTS}
    try:
        load(project(root, files))
    except InvalidContract as error:
        return list(error.problems)
    return []


CARTS = named("carts")


@pytest.mark.parametrize(
    "text",
    [
        at(ORDER_ID, "to: carts.order_id"),
        at(ORDER_ID, "{type: foreignKey, to: carts.order_id}"),
        at(SCHEMA, "{from: orders.order_id, to: carts.order_id}"),
        at(SCHEMA, "{from: [orders.order_id, orders.state], to: [carts.order_id, carts.state]}"),
        at(ORDER_ID, "to: schema/an-id/properties/another"),  # by ids: for people
    ],
)
def test_a_reference_that_leads_somewhere_is_taken(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        (at(ORDER_ID, "to: cart.order_id"), "order_id.relationships[1].to", '"carts"?'),
        (at(ORDER_ID, "to: carts.orderid"), "order_id.relationships[1].to", '"order_id"?'),
        (at(STATE, "to: carts.order_id"), "state.relationships[1].to", "carts.order_id is bigint"),
        (
            at(SCHEMA, "{from: orders.orderid, to: carts.order_id}"),
            "orders.relationships[1].to",
            'no column "orderid"',
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_with_its_line(
    tmp_path: Path, text: str, field: str, said: str
) -> None:
    (problem,) = found(tmp_path, text)
    assert problem.file == "contracts/shop/orders.odcs.yaml"
    assert problem.line == line_of(text, "to: ") or problem.line == line_of(text, "{from")
    assert problem.field.endswith(field)
    assert said in str(problem)
    assert problem.remedy
