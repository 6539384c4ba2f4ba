from __future__ import annotations

from dataplatform.compiler.silver import silver_plan
from dataplatform.naming import Names
from tests.unit.support.contracts import contract, spoiled

STATE = "          - value: closed\n"


def rules(text: str) -> list[str]:
    """The rules of a contract's ruleset, one a line."""
    opening, *lines, closing = silver_plan(contract(text), Names("dev")).ruleset.splitlines()
    assert (opening, closing) == ("Rules = [", "]")
    kept = [line.strip() for line in lines if not line.strip().startswith("#")]
    assert all(line.endswith(",") for line in kept[:-1])
    assert not kept[-1].endswith(",")
    return [line.removesuffix(",") for line in kept]


def of_state(quality: str) -> str:
    return spoiled((STATE, f"{STATE}        quality:\n          - {quality}\n"))


def test_keys_required_columns_and_conditions_are_rules_of_glue() -> None:
    found = rules(spoiled())
    assert found[:2] == ['IsPrimaryKey "order_id"', 'IsComplete "order_id"']
    allowed = "NOT `state` IN ('open', 'closed')"
    assert f'CustomSql "SELECT COUNT(*) FROM primary WHERE {allowed}" = 0' in found


def test_both_ends_of_a_between_are_in() -> None:
    text = spoiled(
        (
            "    properties:\n",
            "    quality:\n      - {metric: rowCount, mustBeBetween: [1, 9]}\n"
            "      - {metric: rowCount, mustNotBeBetween: [3, 4]}\n    properties:\n",
        )
    )
    assert rules(text)[-2:] == [
        "(RowCount >= 1) and (RowCount <= 9)",
        "(RowCount < 3) or (RowCount > 4)",
    ]


def test_a_query_is_asked_of_the_table() -> None:
    query = "SELECT COUNT(*) FROM (SELECT state FROM ${object} GROUP BY state) AS g"
    found = rules(of_state(f'{{type: sql, mustBeLessThan: 9, query: "{query}"}}'))[-1]
    assert "FROM primary AS orders GROUP BY" in found
    assert found.endswith('" < 9')


def test_quotes_and_backslashes_of_a_text_do_not_end_the_rule() -> None:
    quality = (
        "{metric: invalidValues, mustBe: 0, arguments: "
        """{validValues: ["it's", 'say "x"', 'a\\b'], pattern: '^\\w+$'}}"""
    )
    for rule in rules(of_state(quality)):
        assert rule.count('"') == 2 or not rule.startswith("CustomSql")
        assert "\\" not in rule
        assert "concat(" in rule or "chr(" not in rule


def test_a_contract_has_rules_of_its_own() -> None:
    quality = "{type: custom, engine: dqdl, implementation: 'ColumnLength \"state\" < 9'}"
    assert rules(of_state(quality))[-1] == 'ColumnLength "state" < 9'


def test_what_a_ruleset_has_no_room_for_is_counted() -> None:
    listed = "".join(f"          - value: {'x' * 90}{number}\n" for number in range(1000))
    plan = silver_plan(contract(spoiled((STATE, listed))), Names("dev"))
    assert len(plan.ruleset) < 65_536
    assert "# 1 more have no room here" in plan.ruleset
