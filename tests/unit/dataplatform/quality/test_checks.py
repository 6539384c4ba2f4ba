from __future__ import annotations

import pytest

from dataplatform.quality.checks import checks_of
from dataplatform.quality.model import Check
from tests.unit.support.contracts import contract, spoiled


def test_every_rule_is_a_check_with_a_name_and_a_reason() -> None:
    assert [(check.name, check.reason, check.arguments) for check in checks_of(contract())] == [
        ("order_id.required", "missing order_id", ()),
        ("amount.minimum", "amount below 0", ("0",)),
        ("amount.maximum", "amount above 100", ("100",)),
        ("email.min_length", "email shorter than 3 characters", ("3",)),
        ("email.max_length", "email longer than 50 characters", ("50",)),
        ("email.pattern", "email doesn't match @", ("@",)),
        ("state.one_of", "state not one of open, closed", ("open", "closed")),
        ("changed_at.required", "missing changed_at", ()),
    ]


def test_two_rules_of_a_kind_have_different_names() -> None:
    text = spoiled(("        classification: pii\n", "        physicalType: VARCHAR(60)\n"))
    names = [check.name for check in checks_of(contract(text)) if check.kind == "max_length"]
    assert names == ["email.max_length", "email.max_length.2"]


def test_a_long_list_is_shortened_in_the_reason_alone() -> None:
    values = [f"state-{number:03}" for number in range(50)]
    listed = "".join(f"          - value: {value}\n" for value in values)
    text = spoiled(("          - value: open\n          - value: closed\n", listed))
    (check,) = [c for c in checks_of(contract(text)) if c.column == "state"]
    assert check.arguments == tuple(values)
    assert len(check.reason) < 150
    assert check.reason.endswith("...")


@pytest.mark.parametrize("name", ["amount.minimum", "state.one_of"])
def test_checks_are_values(name: str) -> None:
    first, second = ({check.name: check for check in checks_of(contract())}[name] for _ in range(2))
    assert first == second
    assert isinstance(first, Check)
    assert hash(first) == hash(second)
