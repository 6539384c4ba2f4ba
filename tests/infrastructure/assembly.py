"""A synthesized stage, as tests look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Resource:
    """One resource of one template. Tests find it by type and properties, not by its logical id."""

    stack: str
    logical_id: str
    raw: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.raw["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self.raw.get("Properties", {})
        return properties

    def __str__(self) -> str:
        return f"{self.stack}/{self.logical_id}"


@dataclass(frozen=True)
class Assembly:
    """The templates of a stage, by concern (`lake`, `catalog` …)."""

    directory: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        return {
            path.name.partition(".")[0].lower(): json.loads(path.read_text())
            for path in sorted(self.directory.glob("*.template.json"))
        }

    @cached_property
    def nag(self) -> dict[str, Any]:
        """cdk-nag's report."""
        report = json.loads((self.directory / "validation-report.json").read_text())
        found: dict[str, Any] = next(
            plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions"
        )
        return found

    def resources(self, *types: str, stack: str | None = None) -> list[Resource]:
        """Resources of these types (all, if none is named), of one stack or of all."""
        return [
            Resource(concern, logical_id, raw)
            for concern, template in self.templates.items()
            if stack in (None, concern)
            for logical_id, raw in template.get("Resources", {}).items()
            if not types or raw["Type"] in types
        ]

    def one(self, type: str, **properties: Any) -> Resource:
        """The one resource of a type that has these properties."""
        found = [
            resource
            for resource in self.resources(type)
            if all(resource.properties.get(name) == value for name, value in properties.items())
        ]
        assert len(found) == 1, f"{len(found)} of {type} with {properties}"
        return found[0]

    def outputs(self, concern: str) -> dict[str, Any]:
        outputs: dict[str, Any] = self.templates[concern].get("Outputs", {})
        return outputs

    def policies_of(self, role: str) -> list[dict[str, Any]]:
        """Allowing statements of a role, by a part of its logical id."""
        return [
            statement
            for policy in self.resources("AWS::IAM::Policy")
            if any(role in flat(reference) for reference in policy.properties["Roles"])
            for statement in policy.properties["PolicyDocument"]["Statement"]
        ]

    @cached_property
    def machine(self) -> dict[str, Any]:
        """The pipeline's definition."""
        return self.machine_of("pipeline")

    def machine_of(self, concern: str) -> dict[str, Any]:
        """The definition of a state machine (`pipeline`, `maintenance`)."""
        (machine,) = (
            each
            for each in self.resources("AWS::StepFunctions::StateMachine")
            if each.properties["StateMachineName"].endswith(f"-{concern}")
        )
        _, parts = machine.properties["DefinitionString"]["Fn::Join"]
        text = "".join(part if isinstance(part, str) else "aws" for part in parts)
        definition: dict[str, Any] = json.loads(text)
        return definition

    def states(self, concern: str = "pipeline") -> Iterator[tuple[str, dict[str, Any]]]:
        """Every state of a state machine, those inside maps too."""
        yield from _states(self.machine_of(concern)["States"])


def _states(states: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in states.items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"]["States"])


def listed(value: Any) -> list[Any]:
    """CloudFormation's and IAM's one-or-many as many."""
    return value if isinstance(value, list) else [value]


def deployed(document: Any) -> Any:
    """A policy about as long as what CloudFormation makes of it."""
    return json.loads(json.dumps(document), object_hook=_deployed)


def _deployed(value: dict[str, Any]) -> Any:
    match value:
        case {"Fn::Join": [delimiter, [*items]]}:
            return str(delimiter).join(map(str, items))
        case {"Fn::GetAtt": _} | {"Fn::GetStackOutput": _}:
            return "arn:aws:service:eu-central-1:123456789012:" + "x" * 60
        case {"Ref": _} | {"Fn::Sub": _}:
            return "x" * 14
    return value


def flat(value: Any) -> str:
    """A CloudFormation expression as one line of text: `<Bucket.Arn>/*`."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(delimiter), [*items]]}:
            return delimiter.join(flat(item) for item in items)
        case {"Fn::Sub": str(text)}:
            return flat(text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{flat(resource)}.{flat(attribute)}>"
        case {"Ref": str(name)}:
            return f"<{name}>"
    return json.dumps(value, separators=(",", ":"))
