from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bootstrap import locks

ROOT = Path(__file__).parents[3]
ALL = pytest.mark.parametrize("lock", locks.ALL, ids=lambda lock: lock.path)


def pins(lock: locks.Lock) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^ ]+)", lock.file(ROOT).read_text(), re.MULTILINE))


@ALL
def test_every_package_is_pinned_by_hash(lock: locks.Lock) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", lock.file(ROOT).read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@ALL
def test_no_lock_file_names_a_registry(lock: locks.Lock) -> None:
    assert not re.search(r"https?://|--index|--find-links", lock.file(ROOT).read_text())


def test_the_sets_can_stand_in_one_environment() -> None:
    deploy, up, test = pins(locks.DEPLOY), pins(locks.UP), pins(locks.TEST)
    assert deploy.items() <= up.items() <= test.items()


def test_a_layer_has_the_versions_that_are_tested_with_boto3() -> None:
    tested = pins(locks.TEST)
    for layer in (locks.BASE_LAYER, locks.LAKE_LAYER):
        others = {name: v for name, v in pins(layer).items() if name in tested}
        different = {name for name, version in others.items() if tested[name] != version}
        assert different <= {"pyarrow"}  # a later one needs a newer glibc than Lambda's


@pytest.mark.parametrize(
    ("lock", "packages"),
    [
        (locks.DEPLOY, {"aws-cdk-lib", "constructs", "cdk-nag", "sqlglot"}),
        (locks.UP, {"awswrangler", "ministack", "pyspark", "duckdb", "pyiceberg"}),
        (locks.TEST, {"pytest", "moto", "ruff", "mypy", "sqlfluff", "cfn-lint"}),
    ],
    ids=lambda value: getattr(value, "path", ""),
)
def test_each_set_holds_what_it_is_for(lock: locks.Lock, packages: set[str]) -> None:
    assert packages <= set(pins(lock))


def test_nodes_lock_file_names_no_registry_and_pins_the_cdk_cli() -> None:
    text = (ROOT / "bootstrap" / "node" / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert packages["node_modules/aws-cdk"]["version"] == "2.1148.1"
    assert all("integrity" in entry for name, entry in packages.items() if name)
