"""The pictures of docs/architecture.md are those of the templates and of the import rules."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stacks.assets import ROOT
from tests.commands import blocks
from tests.infrastructure.assembly import Assembly

PAGE = ROOT / "docs" / "architecture.md"

Edges = set[tuple[str, str]]

_ARROW = re.compile(r"^\s*(\S+) --> (\S+)$", re.MULTILINE)
_ROW = re.compile(r"^\| (\w+) \| (`.*`) \|$", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`")


def drawn(part: str) -> Edges:
    """Arrows of the one picture that has an arrow like `part`."""
    (picture,) = (
        text for language, text in blocks(PAGE) if language == "mermaid" and f"{part}\n" in text
    )
    return set(_ARROW.findall(picture))


def test_the_run_is_the_state_machine(dev: Assembly) -> None:
    machine = dev.machine
    edges = {
        (name, target) for name, state in machine["States"].items() for target in _targets(state)
    }
    assert drawn("[*] --> OpenRun") == edges | {("[*]", machine["StartAt"])}


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    """Where a state may go."""
    for branch in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        for key in ("Next", "Default"):
            if key in branch:
                yield branch[key]
    if state.get("End"):
        yield "[*]"


def test_the_stacks_need_each_other_as_drawn(dev: Assembly) -> None:
    artifacts = json.loads((dev.directory / "manifest.json").read_text())["artifacts"]
    stacks = {
        name: artifact["dependencies"]
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    edges = {(name, other) for name, needs in stacks.items() for other in needs if other in stacks}
    assert drawn("Network --> Lake") == edges


@pytest.mark.parametrize("type", ["AWS::Lambda::Function", "AWS::Glue::Job"])
def test_each_function_and_job_is_in_its_stacks_row(dev: Assembly, type: str) -> None:
    property = "FunctionName" if type == "AWS::Lambda::Function" else "Name"
    rows = {row[1].lower(): set(_NAME.findall(row[2])) for row in _ROW.finditer(PAGE.read_text())}
    made = dev.resources(type)
    assert made
    for each in made:
        name = each.properties[property].removeprefix("weir-dev-").replace("-", "_")
        assert name in rows[each.stack]


def test_no_row_names_what_no_stack_has(dev: Assembly) -> None:
    functions = {path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py")}
    jobs = {job.properties["Name"].split("-")[-1] for job in dev.resources("AWS::Glue::Job")}
    named = {name for row in _ROW.finditer(PAGE.read_text()) for name in _NAME.findall(row[2])}
    assert named == functions | jobs


def test_packages_stand_on_each_other_as_the_import_rules_say() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        rule["layers"] for rule in rules["contracts"] if rule["name"] == "Imports point one way"
    )
    height = {
        package: level for level, row in enumerate(reversed(layers)) for package in row.split(" | ")
    }
    edges = drawn("cli --> dataplatform")
    assert {package for edge in edges for package in edge} == set(height)
    assert all(height[upper] > height[lower] for upper, lower in edges)
