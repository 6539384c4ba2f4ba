"""Glue's compaction follows the stage, against the embedded Glue's own answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from dataplatform.adapters.table_optimizers import TableOptimizers
from tests.unit.support.optimizers import ACCOUNT, GlueClient, glue_with

ROLE = f"arn:aws:iam::{ACCOUNT}:role/optimizer"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/another"
TABLES = ("weir_dev_silver.stores", "weir_dev_gold.dim_store")


@pytest.fixture
def glue(tmp_path: Path) -> Iterator[GlueClient]:
    with glue_with(*TABLES, state=tmp_path) as client:
        yield client


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def optimizers(glue: GlueClient, waits: list[float]) -> TableOptimizers:
    return TableOptimizers(glue, ACCOUNT, wait=waits.append)


def follow(optimizers: TableOptimizers, role: str) -> list[str]:
    return [str(change) for change in optimizers.follow(TABLES, role)]


def test_it_is_turned_on_once(glue: GlueClient, optimizers: TableOptimizers) -> None:
    assert follow(optimizers, ROLE) == [f"{table} compaction on" for table in TABLES]
    assert follow(optimizers, ROLE) == []
    assert glue.changes == [("create", "stores"), ("create", "dim_store")]


def test_it_is_turned_off_where_the_stage_has_no_role_for_it(
    glue: GlueClient, optimizers: TableOptimizers
) -> None:
    follow(optimizers, ROLE)
    assert follow(optimizers, "") == [f"{table} compaction off" for table in TABLES]
    assert follow(optimizers, "") == []


def test_a_stage_that_never_had_it_changes_nothing(
    glue: GlueClient, optimizers: TableOptimizers
) -> None:
    assert follow(optimizers, "") == []
    assert glue.changes == []


def test_one_that_was_switched_off_by_hand_or_has_another_role_is_set_right(
    glue: GlueClient, optimizers: TableOptimizers
) -> None:
    follow(optimizers, OTHER_ROLE)
    glue.update_table_optimizer(
        CatalogId=ACCOUNT,
        DatabaseName="weir_dev_silver",
        TableName="stores",
        Type="compaction",
        TableOptimizerConfiguration={"roleArn": ROLE, "enabled": False},
    )
    assert len(follow(optimizers, ROLE)) == 2
    assert follow(optimizers, ROLE) == []


def test_a_role_that_is_seconds_old_is_waited_for(
    glue: GlueClient, optimizers: TableOptimizers, waits: list[float]
) -> None:
    glue.refusals += ["AccessDeniedException", "InvalidInputException"]
    assert len(follow(optimizers, ROLE)) == 2
    assert waits == [1, 2]


def test_a_refusal_that_stays_is_told(
    glue: GlueClient, optimizers: TableOptimizers, waits: list[float]
) -> None:
    glue.refusals += ["AccessDeniedException"] * 20
    with pytest.raises(ClientError, match="AccessDeniedException"):
        follow(optimizers, ROLE)
    assert sum(waits) == 63


def test_another_refusal_is_told_at_once(
    glue: GlueClient, optimizers: TableOptimizers, waits: list[float]
) -> None:
    glue.refusals.append("InternalServiceException")
    with pytest.raises(ClientError, match="InternalService"):
        follow(optimizers, ROLE)
    assert waits == []


def test_a_table_that_is_not_there_is_refused(glue: GlueClient) -> None:
    with pytest.raises(ClientError, match="EntityNotFound"):
        TableOptimizers(glue, ACCOUNT).follow(["weir_dev_silver.none"], ROLE)


def test_the_laptop_lists_it_among_what_is_not_emulated(
    optimizers: TableOptimizers, tmp_path: Path
) -> None:
    from cli.local import not_emulated

    follow(optimizers, ROLE)
    assert not_emulated(tmp_path) == ["Glue table optimizers"]
    follow(optimizers, "")
    assert not_emulated(tmp_path) == []
    assert json.loads((tmp_path / "data" / "by_name_only.json").read_text()) == {}
