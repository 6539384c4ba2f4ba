"""What `up` refuses before synthesis is what the migration refuses, no more and no less."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import refusals
from cli.screen import Screen
from cli.target import NotDeployed
from dataplatform.adapters.iceberg import migration
from dataplatform.adapters.iceberg.migration import note_plan
from dataplatform.adapters.iceberg.tables import catalog
from dataplatform.errors import InvalidContract, InvalidModel
from dataplatform.naming import Names
from dataplatform.plans.model import Column, PlatformPlan
from stacks import compilation
from tests.unit.support.lakes import COLUMNS, NAMES, Lake, lakes, plan_of, stores

RECORDS = "weir_dev_quarantine.records"
VARIABLE = "WEIR_TEST_REACHED"


@dataclass
class Deployed:
    """A stage as `Target` would find it; without a plan, there is none."""

    plan_in_force: PlatformPlan | None
    stage: str = "dev"
    names: Names = NAMES

    @property
    def plan(self) -> PlatformPlan:
        assert os.environ[VARIABLE] == "1", "asked without the platform's environment"
        if self.plan_in_force is None:
            raise NotDeployed("stage dev has no stack output PlansUri")
        return self.plan_in_force

    def output(self, key: str) -> str:
        return key.removesuffix("Bucket").lower()


@pytest.fixture
def lake(aws: None) -> Iterator[Lake]:
    with lakes() as lake:
        lake.migrate(plan_of())
        note_plan(catalog(), RECORDS, "one")
        yield lake


def of(*columns: Column, **changes: Any) -> PlatformPlan:
    return plan_of(stores(columns=columns, **changes), digest="two")


STORE, CITY, *REST = COLUMNS
GOLD = plan_of().models[0]
TAKEN = {
    "a column more": of(*COLUMNS, Column(name="florist", type="boolean")),
    "a wider type": of(replace(STORE, type="bigint"), CITY, *REST),
    "a column less, announced": of(STORE, *REST, version="2.0.0"),
    "a lower version": of(*COLUMNS, version="0.9.0"),
    "another dataset": plan_of(
        stores(),
        replace(
            stores(),
            dataset="more",
            bronze_table="weir_dev_bronze.more",
            silver_table="weir_dev_silver.more",
        ),
        digest="two",
    ),
    "another column of gold": replace(
        plan_of(digest="two"), models=(replace(GOLD, columns=(STORE, *REST)),)
    ),
}
REFUSED = {
    "a column less": (of(STORE, *REST), "city: the column is gone from the contract"),
    "another type": (of(STORE, replace(CITY, type="int"), *REST), "city: type int; expected"),
    "another key": (of(*COLUMNS, primary_key=("city",)), "primaryKey: city; expected store_id"),
    "another ordering": (of(*COLUMNS, ordering="opened_at"), "ordering: opened_at"),
    "another key of gold": (
        replace(plan_of(digest="two"), models=(replace(GOLD, key=("city",)),)),
        "model dim_store  key: city",
    ),
}


def ask(monkeypatch: pytest.MonkeyPatch, plan: PlatformPlan | Exception, deployed: Any) -> str:
    """What `up` says of a project with this plan."""
    said: list[str] = []

    def compiled(*_: object) -> PlatformPlan:
        if isinstance(plan, Exception):
            raise plan
        return plan

    monkeypatch.setattr(refusals, "Target", lambda *_, **__: deployed)
    monkeypatch.setattr(compilation, "compiled", compiled)
    screen = Screen()
    monkeypatch.setattr(screen, "done", lambda name, detail, note: said.append(detail))
    refusals.refuse_early(screen, "dev", {VARIABLE: "1"})
    return "".join(said)


@pytest.mark.parametrize("plan", TAKEN.values(), ids=TAKEN)
def test_what_the_migration_takes_is_not_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, plan: PlatformPlan
) -> None:
    assert "to make or change" in ask(monkeypatch, plan, Deployed(plan_of()))
    assert lake.migrate(plan), "and it has something to do"


@pytest.mark.parametrize(("plan", "said"), REFUSED.values(), ids=REFUSED)
def test_what_the_migration_refuses_is_refused_in_its_words(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, plan: PlatformPlan, said: str
) -> None:
    with pytest.raises(InvalidContract) as early:
        ask(monkeypatch, plan, Deployed(plan_of()))
    with pytest.raises(InvalidContract) as late:
        lake.migrate(plan)
    assert said in str(early.value)
    assert str(early.value) == str(late.value)
    assert VARIABLE not in os.environ


def test_nothing_is_asked_of_tables_where_nothing_has_changed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(monkeypatch, plan_of(), Deployed(plan_of())) == "no table changes"


def test_a_dataset_whose_contract_is_gone_is_named(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"a_dataset_of_the_shop_{number}" for number in range(9)]
    several = plan_of(stores(), *(replace(stores(), dataset=name) for name in names))
    said = ask(monkeypatch, plan_of(digest="two"), Deployed(several))
    assert said.endswith(" · without a contract now: 9")
    assert f" ! No contract any more: {', '.join(names)}. Nothing is" in capsys.readouterr().out


def test_a_rollback_is_never_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = TAKEN["a wider type"]
    lake.migrate(wider)
    note_plan(catalog(), RECORDS, "two")
    assert "to make or change" in ask(monkeypatch, plan_of(), Deployed(wider))
    with pytest.raises(InvalidContract, match="store_id: type int; expected bigint"):
        ask(monkeypatch, replace(plan_of(), digest="three"), Deployed(wider))


def test_a_platform_that_is_not_there_hinders_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(monkeypatch, REFUSED["a column less"][0], Deployed(None)) == ""


def test_tables_that_cannot_be_asked_are_left_to_the_migration(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetTable")

    monkeypatch.setattr(migration, "refuse", denied)
    plan, _ = REFUSED["a column less"]
    said = ask(monkeypatch, plan, Deployed(plan_of()))
    assert said.startswith("left to the migration: An error occurred (AccessDeniedException)")


def test_what_synthesis_would_refuse_is_told_at_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidModel, match="so nothing was synthesized"):
        ask(monkeypatch, InvalidModel([], why="so nothing was synthesized"), Deployed(plan_of()))
