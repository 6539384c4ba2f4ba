"""What changes of a dataset's sources, stage by stage: of contracts, and of what is deployed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dataplatform.compiler.deployed import deployed_contracts
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.differences.datasets import changed
from dataplatform.contracts.differences.servers import server_differences
from dataplatform.contracts.loader import load
from dataplatform.naming import Names
from tests.unit.support.contracts import ORDERS, contract, project, spoiled

S3 = ORDERS[ORDERS.index("  - server:") : ORDERS.index("schema:")]
FILES = "  - {server: files, type: s3, location: s3://landing/orders/, format: csv}\n"
JSON = FILES.replace("csv", "json")
STREAM = "  - {server: stream, type: kinesis}\n"


def api(limit: int) -> str:
    options = f"{{property: source, value: a}}, {{property: path, value: /o}}, {_limit(limit)}"
    return f"  - {{server: api, type: api, location: /o, customProperties: [{options}]}}\n"


def _limit(limit: int) -> str:
    return f"{{property: limit, value: {limit}}}"


def at(stage: str, server: str) -> str:
    return server.replace(", type:", f", environment: {stage}, type:")


def servers(*listed: str) -> str:
    return spoiled((S3, "".join(listed)))


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [
        (each.weight.word, each.what)
        for each in server_differences(contract(before), contract(after))
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((FILES,), (FILES,), []),
        ((FILES,), (at("prod", FILES),), []),  # the only one is every stage's
        ((FILES,), (JSON,), [("compatible", "comes from s3 (json), before s3 (csv)")]),
        (
            (FILES, at("prod", api(500))),
            (FILES, at("prod", api(1000))),
            [("compatible", "server changed on stage prod: limit 500 → 1000")],
        ),
        (
            (FILES,),
            (FILES, at("prod", STREAM)),
            [("compatible", "comes from kinesis (json) on stage prod, before s3 (csv)")],
        ),
        (
            (FILES, at("prod", STREAM)),
            (JSON, at("prod", STREAM)),
            [("compatible", "comes from s3 (json) on other stages, before s3 (csv)")],
        ),
        (
            (at("dev", FILES), at("prod", STREAM)),
            (at("dev", FILES), at("test", STREAM)),
            [
                ("breaking", "comes from nowhere on stage prod, before kinesis (json)"),
                ("additive", "comes from kinesis (json) on stage test"),
            ],
        ),
        (
            (FILES, at("prod", STREAM)),
            (JSON, at("prod", JSON)),
            [
                ("compatible", "comes from s3 (json) on other stages, before s3 (csv)"),
                ("compatible", "comes from s3 (json) on stage prod, before kinesis (json)"),
            ],
        ),
    ],
)
def test_what_changes_of_the_servers_is_told_by_stage(
    before: tuple[str, ...], after: tuple[str, ...], said: list[tuple[str, str]]
) -> None:
    assert told(servers(*before), servers(*after)) == said


SEVERAL = servers(at("dev", FILES), at("prod", api(500)), STREAM)


@pytest.mark.parametrize("stage", ["dev", "prod", "test"])
@pytest.mark.parametrize("text", [ORDERS, SEVERAL, servers(at("prod", FILES))])
def test_what_is_deployed_on_a_stage_is_what_its_contract_said(
    tmp_path: Path, text: str, stage: str
) -> None:
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": text})
    contracts, plan = load(root), compile_platform(root, Names(stage))
    assert changed(deployed_contracts(plan, contracts), contracts) == ()


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("dev", "comes from s3 (json) on stage dev, before s3 (csv)"),
        ("prod", "server changed on stage prod: limit 500 → 900"),
        ("test", "comes from s3 (csv) on stage test, before kinesis (json)"),
    ],
)
def test_a_stage_is_told_what_changes_there(tmp_path: Path, stage: str, said: str) -> None:
    """And not what changes on others: what they run, this one's plan doesn't know."""
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": SEVERAL})
    plan = compile_platform(root, Names(stage))
    project(
        root,
        {"contracts/shop/orders.odcs.yaml": servers(at("dev", JSON), at("prod", api(900)), FILES)},
    )
    contracts = load(root)
    (change,) = changed(deployed_contracts(plan, contracts), contracts)
    assert [each.what for each in change.differences] == [said]


def test_what_is_held_beside_earlier_runs_is_part_of_the_promise(tmp_path: Path) -> None:
    root = project(tmp_path, {"contracts/shop/orders.odcs.yaml": ORDERS})
    contracts, plan = load(root), compile_platform(root, Names("dev"))
    (dataset,) = plan.datasets
    unwatched = replace(plan, datasets=(replace(dataset, anomalies="off"),))
    (change,) = changed(deployed_contracts(unwatched, contracts), contracts)
    assert [each.what for each in change.differences] == [
        "held beside earlier runs: on, before off"
    ]
