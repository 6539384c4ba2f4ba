"""Who may use what: a role sees a model only where it sees all that the model is made of."""

from __future__ import annotations

from dataclasses import replace

from dataplatform.plans.access import RoleAccess, access_of
from dataplatform.plans.model import PlatformPlan
from tests.unit.support.plans import dataset, model, platform


def plan(*models: tuple[str, str]) -> PlatformPlan:
    return platform(
        (
            replace(dataset("sales"), readers=("analyst", "seller"), writers=("till",)),
            replace(dataset("people"), readers=("analyst",)),
            dataset("notes"),
        ),
        tuple(replace(model(name, made), datasets=(*made.split(),)) for name, made in models),
    )


def test_each_role_has_what_contracts_give_it() -> None:
    found = {each.role: each for each in access_of(plan())}
    assert list(found) == ["analyst", "seller", "till"]
    assert found["analyst"].reads == ("people", "sales")
    assert found["till"] == RoleAccess(
        role="till", reads=(), writes=("sales",), models=(), warehouse=False
    )


def test_a_model_is_seen_by_who_sees_all_that_it_is_made_of() -> None:
    made = plan(("total", "sales"), ("buyers", "sales people"), ("remarks", "sales notes"))
    models = {each.role: each.models for each in access_of(made)}
    assert models == {"analyst": ("total", "buyers"), "seller": ("total",), "till": ()}


def test_who_may_see_every_model_may_ask_the_warehouse() -> None:
    made = plan(("total", "sales"), ("buyers", "sales people"))
    assert [each.role for each in access_of(made) if each.warehouse] == ["analyst"]
    assert not any(each.warehouse for each in access_of(plan())), "there is nothing to ask"
