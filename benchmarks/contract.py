"""A contract as wide as any: read, checked and compiled for both engines, by CPU seconds."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Figure
from dataplatform.compiler.gates import gates_of
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names

COLUMNS, RULES = 300, 50
_TARGET = 1.0
_TURNS = 5
_TYPES: tuple[dict[str, Any], ...] = (
    {"logicalType": "string", "physicalType": "VARCHAR(80)"},
    {"logicalType": "integer"},
    {"logicalType": "number", "physicalType": "DECIMAL(18,4)"},
    {"logicalType": "timestamp"},
    {"logicalType": "date"},
    {"logicalType": "boolean"},
)
_WORDS = ["open", "paid", "sent", "late"]


def run() -> list[Figure]:
    """Seconds of CPU from the YAML file to the plan with both engines' SQL."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        place = root / "contracts" / "bench"
        place.mkdir(parents=True)
        # JSON is YAML, too.
        (place / "wide.odcs.yaml").write_text(json.dumps(wide(COLUMNS, RULES), indent=1))
        compile_platform(root, Names("dev"))  # imports and grammars are loaded once
        taken = []
        for _ in range(_TURNS):
            gates_of.cache_clear()
            began = time.process_time()
            plan = compile_platform(root, Names("dev"))
            taken.append(time.process_time() - began)
    asked = len(plan.datasets[0].gates) + sum(c.kind != "required" for c in plan.datasets[0].checks)
    if len(plan.datasets[0].columns) != COLUMNS or asked < RULES:
        raise RuntimeError(f"{len(plan.datasets[0].columns)} columns, {asked} rules")
    return [
        Figure(
            name=f"contract of {COLUMNS} columns and {RULES} rules, compiled",
            value=round(median(taken), 3),
            unit="CPU s",
            target=_TARGET,
            rival="what was set",
            rival_value=_TARGET,
            note=f"median of {_TURNS}; reading, checking, both engines' SQL",
        )
    ]


def wide(columns: int, rules: int) -> dict[str, Any]:
    """An ODCS document with this many columns of every type and rules of every kind."""
    properties: list[dict[str, Any]] = [
        {"name": "id", "logicalType": "string", "required": True, "primaryKey": True}
    ]
    for number in range(1, columns):
        properties.append({"name": f"column_{number}", **_TYPES[number % len(_TYPES)]})
    for number in range(rules):
        column = properties[1 + number]
        column["quality"] = [_rule(number, column)]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "bench-wide",
        "version": "1.0.0",
        "status": "active",
        "domain": "bench",
        "servers": [
            {"server": "landing", "type": "s3", "format": "json", "location": "s3://landing/wide/"}
        ],
        "schema": [{"name": "wide", "logicalType": "object", "properties": properties}],
    }


def _rule(number: int, column: dict[str, Any]) -> dict[str, Any]:
    """Rules of records, warnings, shares and SQL, one after the other."""
    if number % 5 == 0:
        query = "SELECT COUNT(*) FROM ${object} WHERE ${property} IS NULL AND id IS NOT NULL"
        return {"type": "sql", "query": query, "mustBeLessThan": 1000}
    if number % 5 == 1:
        return {"metric": "duplicateValues", "mustBeLessThan": 99, "unit": "percent"}
    if number % 5 == 2 or column["logicalType"] != "string":
        return {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"}
    severity = "error" if number % 4 == 1 else "warning"
    arguments = {"validValues": _WORDS, "pattern": "^[a-z]+$"}
    return {
        "metric": "invalidValues", "mustBe": 0, "severity": severity, "arguments": arguments
    }  # fmt: skip
