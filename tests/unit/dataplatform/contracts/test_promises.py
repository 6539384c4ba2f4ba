from __future__ import annotations

from dataclasses import replace

import pytest

from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.model import Reference, RoleGrant, ServiceLevel
from dataplatform.contracts.without_effect import ACTED_ON, without_effect
from dataplatform.naming import Names
from tests.unit.support.contracts import ORDERS, contract, problems


def test_durations_are_minutes_and_other_promises_stand_as_they_are() -> None:
    text = ORDERS + (
        "slaProperties:\n"
        "  - {property: freshness, value: 1.5, unit: h}\n"
        "  - {property: retention, value: 2, unit: d}\n"
        "  - {property: generalAvailability, value: '2026-01-01'}\n"
        "roles:\n  - {role: analyst, access: read}\n"
    )
    found = contract(text)
    assert found.service_levels == (
        ServiceLevel(name="freshness", value="90", minutes=90),
        ServiceLevel(name="retention", value="2880", minutes=2880),
        ServiceLevel(name="generalAvailability", value="2026-01-01"),
    )
    assert found.roles == (RoleGrant(role="analyst", access="read"),)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("slaProperties: [{property: freshness, value: soon, unit: d}]", "freshness.value"),
        ("slaProperties: [{property: freshness, value: 0, unit: d}]", "freshness.value"),
        ("slaProperties: [{property: freshness, value: 1}]", "freshness"),
        ("slaProperties: [{value: 1}]", "slaProperties"),
        ("roles: [{role: a, access: admin}]", "roles.a.access"),
        ("roles: [{access: read}]", "roles"),
        ("roles: [{role: Data Analysts, access: read}]", "roles"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(lines: str, field: str) -> None:
    assert any(field in p.field for p in problems(f"{ORDERS}{lines}\n"))


def test_a_relationship_says_that_rows_are_not_asked() -> None:
    found = replace(
        contract(ORDERS),
        references=(Reference(column="shop", dataset="shops", to="id", field="to", line=9),),
    )
    (told,) = without_effect(found)
    assert (told.line, told.field) == (9, "to")
    assert told.found == "no row's shop is looked up in shops"
    assert "whose id IS NULL" in told.remedy


def test_a_promise_that_nothing_keeps_is_told_with_its_line_and_one_that_acts_is_not() -> None:
    found = contract(
        ORDERS + "slaProperties:\n"
        "  - {property: freshness, value: 1, unit: h}\n"
        "  - {property: latency, value: 1, unit: h}\n"
        "  - {property: retention, value: 2, unit: d}\n"
        "  - {property: frequency, value: 1, unit: d}\n"
    )
    told = without_effect(found)
    assert [each.field for each in told] == ["slaProperties.retention", "slaProperties.frequency"]
    assert told[0].line == ORDERS.count("\n") + 4
    assert "no row and no object is deleted because of it" in told[0].remedy
    plan = silver_plan(found, Names("dev"))
    assert {name: getattr(plan, f"{name}_minutes") for name in ACTED_ON} == {
        "freshness": 60,
        "latency": 60,
    }
