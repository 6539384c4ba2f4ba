from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.contracts.loader import load
from dataplatform.errors import InvalidContract
from tests.unit.support.contracts import ORDERS, named, project, spoiled


def test_contracts_of_every_folder_come_sorted_by_dataset(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {
            "contracts/shop/orders.odcs.yaml": ORDERS,
            "contracts/b/x/carts.odcs.yaml": named("carts"),
        },
    )
    assert [contract.dataset for contract in load(root)] == ["carts", "orders"]


def test_a_project_without_contracts_has_none(tmp_path: Path) -> None:
    assert load(tmp_path) == ()


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {
            "contracts/a/broken.odcs.yaml": "a: [",
            "contracts/a/bad.odcs.yaml": spoiled(("format: csv", "format: xml")),
            "contracts/a/worse.odcs.yaml": spoiled(("kind: DataContract", "kind: x")),
            "contracts/a/good.odcs.yaml": ORDERS,
        },
    )
    with pytest.raises(InvalidContract) as caught:
        load(root)
    assert {p.file for p in caught.value.problems} == {
        f"contracts/a/{name}.odcs.yaml" for name in ("broken", "bad", "worse")
    }
    assert "nothing was synthesized" in str(caught.value)


def test_two_contracts_of_one_dataset_are_refused(tmp_path: Path) -> None:
    root = project(
        tmp_path, {"contracts/a/orders.odcs.yaml": ORDERS, "contracts/b/orders.odcs.yaml": ORDERS}
    )
    with pytest.raises(InvalidContract, match=r"contracts/a/orders\.odcs\.yaml declares too"):
        load(root)


def test_a_file_that_would_be_passed_over_in_silence_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, {"contracts/a/orders.yaml": ORDERS})
    with pytest.raises(InvalidContract, match=r"ends in \.odcs\.yaml"):
        load(root)
