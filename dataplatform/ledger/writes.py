"""Writes to the ledger as values, each with the condition that it is made on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

Item = dict[str, Any]

ABSENT: Final = Attr("pk").not_exists()
PRESENT: Final = Attr("pk").exists()


class Refused(Exception):
    """A condition of a write didn't hold; `failed` has the positions of the writes refused."""

    def __init__(self, failed: Sequence[int]) -> None:
        self.failed = frozenset(failed)
        super().__init__(f"conditions failed at {sorted(self.failed)}")


@dataclass(frozen=True)
class Write:
    """One write, alone or in a transaction: `kind` is Put, Update, Delete or ConditionCheck."""

    kind: str
    arguments: dict[str, Any]


def put(item: Item, where: ConditionBase | None = None) -> Write:
    """Write a whole item."""
    return Write("Put", {"Item": item, **_expression(where)})


def delete(pk: str, sk: str, where: ConditionBase | None = None) -> Write:
    """Remove an item."""
    return Write("Delete", {"Key": {"pk": pk, "sk": sk}, **_expression(where)})


def check(pk: str, sk: str, where: ConditionBase) -> Write:
    """Let the transaction go through only while `where` holds of an item it doesn't change."""
    return Write("ConditionCheck", {"Key": {"pk": pk, "sk": sk}, **_expression(where)})


def update(
    pk: str,
    sk: str,
    *,
    sets: Item | None = None,
    adds: dict[str, int] | None = None,
    removes: Sequence[str] = (),
    where: ConditionBase | None = None,
) -> Write:
    """Change attributes of an item, which is made where there is none."""
    names: dict[str, str] = {}
    values: Item = {}

    def name(attribute: str) -> str:
        alias = f"#u{len(names)}"
        names[alias] = attribute
        return alias

    def value(of: Any) -> str:
        alias = f":u{len(values)}"
        values[alias] = of
        return alias

    clauses = []
    if sets:
        clauses.append("SET " + ", ".join(f"{name(k)} = {value(v)}" for k, v in sets.items()))
    if adds:
        clauses.append("ADD " + ", ".join(f"{name(k)} {value(v)}" for k, v in adds.items()))
    if removes:
        clauses.append("REMOVE " + ", ".join(name(k) for k in removes))
    condition = _expression(where)
    arguments: dict[str, Any] = {
        "Key": {"pk": pk, "sk": sk},
        "UpdateExpression": " ".join(clauses),
        **condition,
        "ExpressionAttributeNames": {**names, **condition.get("ExpressionAttributeNames", {})},
    }
    if values or "ExpressionAttributeValues" in condition:
        arguments["ExpressionAttributeValues"] = {
            **values,
            **condition.get("ExpressionAttributeValues", {}),
        }
    return Write("Update", arguments)


def _expression(where: ConditionBase | None) -> dict[str, Any]:
    if where is None:
        return {}
    built = ConditionExpressionBuilder().build_expression(where)
    expression: dict[str, Any] = {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
    }
    if built.attribute_value_placeholders:
        expression["ExpressionAttributeValues"] = built.attribute_value_placeholders
    return expression
