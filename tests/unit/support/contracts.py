"""A small good contract, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.loader import load_files
from dataplatform.contracts.model import Contract
from dataplatform.contracts.parser import parse
from dataplatform.errors import InvalidContract, Problem
from dataplatform.naming import Names

ORDERS = """\
apiVersion: v3.2.0
kind: DataContract
id: 5a0c0f2e-0000-4000-8000-000000000001
version: 1.0.0
status: active
domain: shop
servers:
  - server: landing
    type: s3
    location: s3://landing/orders/
    format: csv
schema:
  - name: orders
    description: One row for each order.
    customProperties:
      - property: ordering
        value: changed_at
    properties:
      - name: order_id
        logicalType: integer
        physicalType: BIGINT
        required: true
        primaryKey: true
      - name: amount
        logicalType: number
        physicalType: DECIMAL(10,4)
        logicalTypeOptions:
          minimum: 0
          maximum: 100
      - name: email
        logicalType: string
        classification: pii
        logicalTypeOptions:
          minLength: 3
          maxLength: 50
          pattern: "@"
      - name: state
        logicalType: string
        enum:
          - value: open
          - value: closed
      - name: changed_at
        logicalType: timestamp
        required: true
"""


def contract(text: str = ORDERS) -> Contract:
    """The contract that a good text gives."""
    found, problems = parse(parse_yaml(text, "contracts/shop/orders.odcs.yaml"))
    assert not problems, [str(problem) for problem in problems]
    assert found is not None
    return found


def problems(text: str) -> list[Problem]:
    """What is wrong with a bad text."""
    found, listed = parse(parse_yaml(text, "contracts/shop/orders.odcs.yaml"))
    assert found is None
    return listed


def spoiled(*replacements: tuple[str, str], text: str = ORDERS) -> str:
    """The good contract with passages replaced; each must be there once."""
    for old, new in replacements:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    return text


def named(dataset: str, text: str = ORDERS) -> str:
    """The good contract as that of another dataset, whose files lie in its own folder."""
    return spoiled(
        ("  - name: orders", f"  - name: {dataset}"),
        ("s3://landing/orders/", f"s3://landing/{dataset}/"),
        text=text,
    )


def line_of(text: str, passage: str) -> int:
    """Line (from 1) on which a passage stands first."""
    return text[: text.index(passage)].count("\n") + 1


def project(root: Path, files: dict[str, str]) -> Path:
    """A project's root with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def corpus_problems(path: Path) -> list[Problem]:
    """What `contracts check` says of one file as the contract of a project's domain `shop`."""
    try:
        loaded = load_files([(path, f"contracts/shop/{path.name}")])
        for found in loaded:
            silver_plan(found, Names("dev"))
    except InvalidContract as error:
        return list(error.problems)
    return []
