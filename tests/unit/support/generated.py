"""Contracts of every shape, and rows in all conditions, from a seed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from dataplatform.contracts.model import Contract
from dataplatform.contracts.types import decimal_parts
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import Column, SilverPlan
from tests.unit.support.contracts import contract
from tests.unit.support.generated_texts import at_the_limit, generated_text

KINDS = ("string", "int", "bigint", "double", "decimal", "boolean", "date", "timestamp")
CHECKS = (
    "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "pattern", "enum", "missingValues", "invalidValues",
)  # fmt: skip
ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe")

_LOGICAL = {
    "int": "integer",
    "bigint": "integer",
    "double": "number",
    "decimal": "number",
}
_PATTERNS = (
    r"^[a-z0-9]+$", "@", r"^\S+\s\S+$", r"\bé", r"^.{3,}$", r"[^\s,]+$", r"^(?:a|b|)+$", r"\d{2,}",
    r"(?i)^[a-f]+x?$", r"\Bx", r"^\w+$", r"\.\$", r"[\]\[]", r"\x41|\t", r"(?i)straße", r"^$",
    "ü+.",
)  # fmt: skip
_BOUNDS: dict[str, tuple[Any, ...]] = {
    "int": (-(2**31), -5, 0, 7, 2**31 - 1),
    "bigint": (-(2**63), -5, 0, 7, 2**31, 2**63 - 1),
    "double": (-1.5, 0, 0.1, 1e10),
    "decimal": (-1.5, 0, 0.01, 5, 12345678901234567890),
    "date": ("1582-10-15", "1970-01-01", "2026-02-28"),
    "timestamp": ("1900-01-01T00:00:00Z", "2026-01-02T03:04:05.000001Z"),
}
_WORDS: dict[str, tuple[Any, ...]] = {
    "string": ("a", "b", "aa", "cc", "dd", "o'clock", "a\\b", "", "日本", "{bronze}", 'say "x"'),
    "boolean": (True, False),
    "int": tuple(range(0, 60, 2)),
    "bigint": (*range(0, 60, 3), 2**63 - 1),
    "double": (0, 0.25, 1.5, 2.75, 9.5),
    "decimal": (0,),
    "date": tuple(f"2026-01-{day:02}" for day in range(1, 29, 2)),
    "timestamp": tuple(f"2026-01-{day:02}T10:00:00Z" for day in range(1, 29, 2)),
}
_DECIMALS = (
    (1, 0), (1, 1), (4, 4), (5, 2), (9, 9), (10, 4), (18, 0), (18, 6), (18, 18), (19, 19), (20, 4),
    (28, 10), (38, 0), (38, 10), (38, 35),
)  # fmt: skip


def generated_contract(seed: int) -> tuple[Contract, set[str]]:
    """A contract of up to eight columns, and what it uses: kinds and checks."""
    random = Random(seed)
    kinds = random.sample(KINDS, random.randint(5, 8))
    keyed = [kind for kind in kinds if kind not in ("double", "decimal", "boolean")]
    key = keyed[: random.randint(0, 2)]
    orderable = [kind for kind in kinds if kind not in ("string", "boolean", *key)]
    ordering = random.choice([*orderable, ""])
    used: set[str] = set(kinds)
    properties = []
    for kind in kinds:
        must = kind in key or kind == ordering
        properties.append(_property(random, kind, required=must, used=used) | _keyed(kind, key))
    if not key:
        used.add("no key")
    schema: dict[str, Any] = {
        "name": "things", "properties": properties, "quality": _of_batches(kinds)
    }  # fmt: skip
    if ordering:
        schema["customProperties"] = [{"property": "ordering", "value": f"{ordering}_"}]
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0",
        "status": "active", "domain": "shop", "schema": [schema],
        "servers": [
            {"server": "landing", "type": "s3", "format": "csv", "location": "s3://landing/things/"}
        ],
    }  # fmt: skip
    return contract(json.dumps(document, ensure_ascii=False)), used


def _keyed(kind: str, key: list[str]) -> dict[str, Any]:
    return {"primaryKey": True, "primaryKeyPosition": key.index(kind) + 1} if kind in key else {}


def _property(random: Random, kind: str, *, required: bool, used: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"{kind}_", "logicalType": _LOGICAL.get(kind, kind)}
    whole = 38
    if kind == "decimal":
        precision, scale = random.choice(_DECIMALS)
        found["physicalType"] = f"DECIMAL({precision},{scale})"
        whole = precision - scale
    elif kind in ("bigint", "double"):
        found["physicalType"] = kind.upper()
    if required or random.random() < 0.3:
        found["required"] = True
        used.add("required")
    if random.random() < 0.25:
        found["classification"] = random.choice(("internal", "pii"))
    if kind == "timestamp":
        zone = random.choice(ZONES)
        found["logicalTypeOptions"] = {"defaultTimezone": zone}
        used.add(zone)
    if required and random.random() < 0.8:
        return found  # of keys that no record keeps, nothing would come to silver
    if options := _options(random, kind, whole):
        found.setdefault("logicalTypeOptions", {}).update(options)
        used.update(options)
    return found | _quality(random, kind, used)


def _options(random: Random, kind: str, whole: int) -> dict[str, Any]:
    """Bounds, lengths and patterns; `whole` is how many digits a number has before the point."""
    options: dict[str, Any] = {}
    if kind in _BOUNDS and random.random() < 0.3:
        bounds = [b for b in _BOUNDS[kind] if isinstance(b, str) or abs(b) < 10**whole]
        options[random.choice(CHECKS[1:5])] = random.choice(bounds)
    if kind == "string":
        limits = (("minLength", 0, 2), ("maxLength", 2, 80))
        for name, low, high in limits:
            if random.random() < 0.3:
                options[name] = random.randint(low, high)
        options |= {"pattern": random.choice(_PATTERNS)} if random.random() < 0.4 else {}
    return options


def _quality(random: Random, kind: str, used: set[str]) -> dict[str, Any]:
    chosen = random.choice((*[""] * 7, "enum", "missingValues", "invalidValues"))
    words = random.sample(_WORDS[kind], random.randint(1, len(_WORDS[kind])))
    if not chosen:
        return {}
    used.add(chosen)
    if chosen == "enum":
        return {"enum": [{"value": word} for word in words]}
    argument = "missingValues" if chosen == "missingValues" else "validValues"
    rule = {"metric": chosen, "arguments": {argument: words}}
    # Not of `random`: the records of each seed stay what they were.
    severity = Random(repr(words)).choice(("error", "warning"))
    used.add(severity)
    share = {"mustBeLessThan": 5, "unit": "percent"}
    return {"quality": [{**rule, "mustBe": 0, "severity": severity}, {**rule, **share}]}


def _of_batches(kinds: list[str]) -> list[dict[str, Any]]:
    """Rules of the table: library metrics, aggregates, and queries that no aggregate answers."""
    first, second = (f"{kind}_" for kind in kinds[:2])
    queries = (
        f"SELECT COUNT(DISTINCT {first}) FROM ${{object}} WHERE {second} IS NOT NULL",
        f"SELECT 100.0 * COUNT_IF({first} IS NULL) / COUNT(*) FROM things AS t",
        f"SELECT COUNT({first}) > COUNT({second}) FROM ${{object}}",
        f"SELECT COUNT(*) FROM (SELECT {first} FROM ${{object}} GROUP BY {first}"
        " HAVING COUNT(*) > 1) AS g",
        f"SELECT COUNT(*) FROM {{object}} WHERE {first} = (SELECT MAX({first}) FROM ${{table}})",
    )
    return [
        {"metric": "rowCount", "mustBeGreaterThan": 0},
        *(
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": names}, **unit}
            for names in ([first], [first, second])
            for unit in ({}, {"unit": "percent"})
        ),
        *({"type": "sql", "query": query, "mustBe": 0} for query in queries),
    ]


def bronze_columns(plan: SilverPlan) -> tuple[Column, ...]:
    """Columns of the dataset's bronze table."""
    kinds = {BronzeColumn.POSITION: "bigint", BronzeColumn.ARRIVED_AT: "timestamp"}
    texts = tuple(Column(name=column.name, type="string") for column in plan.columns)
    system = (Column(name=c.value, type=kinds.get(c, "string")) for c in BronzeColumn)
    return (*texts, *system)


def bronze_rows(plan: SilverPlan, seed: int, count: int) -> list[tuple[Any, ...]]:
    """Records as sources send them, good and bad; keys meet."""
    random = Random(seed)
    arrived = datetime(2026, 1, 5, tzinfo=UTC)
    found = []
    for position in range(count):
        op = random.choice((None, "insert", "insert", "insert", "update", "delete"))
        spoiled = random.random() < 0.4
        values = [_value(random, column, spoiled) for column in plan.columns]
        moment = arrived + timedelta(minutes=random.randrange(3))
        place = random.choice(("o1", "o2", "é"))
        found.append((*values, None, "b", place, "v", f"c{place}", position, moment, op))
    return found


def generated_property(random: Random, kind: str, used: set[str]) -> dict[str, Any]:
    """One ODCS property of a kind, with checks; what it uses is added."""
    return _property(random, kind, required=False, used=used)


def _value(random: Random, column: Column, spoiled: bool) -> str | None:
    parts = decimal_parts(column.type)
    if parts and spoiled and random.random() < 0.2:
        return at_the_limit(random, *parts)
    return generated_text(random, "decimal" if parts else column.type, spoiled)
