"""Contracts with objects and arrays of every shape, and JSON texts in all conditions, from a seed.

Single values within are generated as those of columns are: see `generated`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from dataplatform.contracts.model import Contract
from dataplatform.contracts.nesting import element_of
from dataplatform.plans.model import Column, SilverPlan
from tests.unit.support.contracts import contract
from tests.unit.support.generated import KINDS, generated_property
from tests.unit.support.generated_texts import generated_text

SHAPES = ("object", "array", "object in array", "array in array", "object in object")

_FIELDS = ("City", "a b", 'say "x"', "ü", "日本", "x.y", "a'b", "{bronze}", "$", "0", "back\\slash")
_BROKEN = (
    "", " ", "null", "true", "1.50", '"text"', '"{}"', "{", "[", "]", "{]", "[1,]", '{"a":1,}',
    "[,1]", "[1 2]", "{} x", "[] []", "{}{}", "{},{}", "[],[]", '[]],"e"]', '{}],"e"]', '[],"e"',
    "{'a':1}", "{a:1}", '{"a" 1}', '{"a":}', '{"a"}', "[NaN]", "[Infinity]", "[-]", "[01]", "[1.]",
    "[.5]", "[+1]", "[1e]", '["a\tb"]', '["\\x"]', '["\\ud800"]', '["\\ud83d\\ude00"]', "[tru]",
    '["\\u0000"]', "[1]//", "/**/[]", "\ufeff[]", "[nullnull]", "[1-2]", '["a""b"]', "[\u00a01]",
    '{"a":1 "b":2}', "[[[[[[[[[[]]]]]]]]]]", "ü", "\n[ 1 ,\r\n2\t]\n", "{ }", "[ ]",
)  # fmt: skip


def generated_nested(seed: int) -> tuple[Contract, set[str]]:
    """A contract with a key and up to three nested columns, and what shapes it uses."""
    random = Random(seed)
    used: set[str] = set()
    properties: list[dict[str, Any]] = [
        {"name": "id", "logicalType": "integer", "required": True, "primaryKey": True}
    ]
    for number in range(random.randint(1, 3)):
        shape = random.choice(("object", "array"))
        properties.append({"name": f"n{number}", **_nested(random, shape, 3, used)})
    schema = {"name": "things", "properties": properties}
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0",
        "status": "active", "domain": "shop", "schema": [schema],
        "servers": [{"server": "landing", "type": "s3", "format": "json",
                     "location": "s3://landing/things/"}],
    }  # fmt: skip
    return contract(json.dumps(document, ensure_ascii=False)), used


def _nested(random: Random, shape: str, levels: int, used: set[str]) -> dict[str, Any]:
    """A property of a shape, without its name."""
    found: dict[str, Any] = {"logicalType": shape}
    used.add(shape)
    if random.random() < 0.2:
        found["required"] = True
    if random.random() < 0.15:
        found["classification"] = "pii"
    if shape == "array":
        if random.random() < 0.3:
            found["logicalTypeOptions"] = {random.choice(("minItems", "maxItems")): 2}
        return found | {"items": _part(random, shape, levels, used)}
    fields = random.sample(_FIELDS, random.randint(1, 4))
    found["properties"] = [
        {
            "name": f"p{place}",
            **({"physicalName": field} if random.random() < 0.5 else {}),
            **_part(random, shape, levels, used),
        }
        for place, field in enumerate(fields)
    ]
    return found


def _part(random: Random, within: str, levels: int, used: set[str]) -> dict[str, Any]:
    if levels > 1 and random.random() < 0.35:
        shape = random.choice(("object", "array"))
        used.add(f"{shape} in {within}")
        return _nested(random, shape, levels - 1, used)
    kind = random.choice(KINDS)
    used.add(kind)
    found = generated_property(random, kind, used)
    for key in ("name", "quality"):
        found.pop(key, None)
    return found


def nested_rows(plan: SilverPlan, seed: int, count: int) -> list[tuple[Any, ...]]:
    """Records of such a plan as bronze has them."""
    random = Random(seed)
    arrived = datetime(2026, 1, 5, tzinfo=UTC)
    found = []
    for position in range(count):
        spoiled = random.choice((0.0, 0.0, 0.02, 0.3))
        values = [_text(random, column, spoiled) for column in plan.columns[1:]]
        moment = arrived + timedelta(minutes=random.randrange(3))
        key = str(random.randrange(count // 2))
        op = random.choice(("insert", "insert", "update", "delete"))
        found.append((key, *values, None, "b", "o", "v", "c", position, moment, op))
    return found


def _text(random: Random, column: Column, spoiled: float) -> str | None:
    if random.random() < 0.1 + spoiled / 10:
        return random.choice((None, *_BROKEN))
    return _json(random, column, spoiled)


def _json(random: Random, column: Column, spoiled: float) -> str:
    """JSON of a type, or of another one; numbers as they were written, keys in any order."""
    if random.random() < spoiled / 3:
        return random.choice(("null", "{}", "[]", '"x"', "7", "false", '{"a":[1.10]}', "[[1]]"))
    if element := element_of(column.type):
        assert element == column.parts[0].type
        some = [_json(random, column.parts[0], spoiled) for _ in range(random.choice((0, 1, 2, 5)))]
        return f"[{','.join(some)}]"
    if column.parts:
        pairs = [
            (part.field or part.name, _json(random, part, spoiled))
            for part in column.parts
            if random.random() > spoiled
        ]
        if random.random() < 0.3:
            pairs.append(("unknown", random.choice(('{"p0":1}', "[2.50]", "null"))))
        if pairs and random.random() < spoiled:
            pairs.append((random.choice(pairs)[0], "3"))  # a key twice
        random.shuffle(pairs)
        dumped = (f"{json.dumps(k, ensure_ascii=random.random() < 0.5)}:{v}" for k, v in pairs)
        return f"{{{','.join(dumped)}}}"
    kind = "decimal" if column.type.startswith("decimal") else column.type
    text = generated_text(random, kind, random.random() < spoiled)
    if text is None:
        return "null"
    if kind in ("int", "bigint", "double", "decimal") and _is_number(text):
        return text
    return json.dumps(text, ensure_ascii=random.random() < 0.5)


def _is_number(text: str) -> bool:
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return False
    return True
