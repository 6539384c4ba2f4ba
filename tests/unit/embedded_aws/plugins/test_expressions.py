from __future__ import annotations

from typing import Any

import pytest
from ministack.services import dynamodb

from embedded_aws.plugins import expressions

OF_A_RUN = "pk = :run AND begins_with(sk, :kind)"
READERS = ("_tokenize", "_condition_syntax_error")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What MiniStack reads, once the plug-in is installed."""
    told: list[tuple[Any, ...]] = []
    for name in READERS:
        monkeypatch.setattr(dynamodb, name, _telling(getattr(dynamodb, name), told))
    expressions.install()
    return told


def _telling(stock: Any, told: list[tuple[Any, ...]]) -> Any:
    def reads(*arguments: Any) -> Any:
        told.append(arguments)
        return stock(*arguments)

    return reads


def holds(condition: str, run: str, key: str, kind: str) -> bool:
    item = {"pk": {"S": run}, "sk": {"S": key}}
    values = {":run": {"S": "a"}, ":kind": {"S": kind}}
    found: bool = dynamodb._evaluate_condition(condition, item, values, {})
    return found


def test_a_condition_is_read_once_and_asked_of_each_item(read: list[tuple[Any, ...]]) -> None:
    assert holds(OF_A_RUN, "a", "batch#1", "batch#")
    assert not holds(OF_A_RUN, "b", "batch#1", "batch#")
    assert not holds(OF_A_RUN, "a", "batch#1", "chunk#")
    assert holds(OF_A_RUN, "a", "chunk#1", "chunk#")
    assert read == [(OF_A_RUN,), (OF_A_RUN, "ConditionExpression")]


def test_a_condition_with_a_mistake_is_refused_each_time(read: list[tuple[Any, ...]]) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Syntax error"):
            holds("pk = :run AND", "a", "batch#1", "batch#")
