"""Every malformed contract of the corpus gives its own clear error: all of it is held here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dataplatform.contracts.document import MAX_BYTES
from tests.unit.support.contracts import ORDERS, corpus_problems

FOLDER = Path(__file__).resolve().parents[3] / "data" / "bad_contracts"
SUFFIX = ".odcs.yaml"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "expected.json").read_text())
"""Of each file, by its name, every problem: line, field, found, expected, remedy."""


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_malformed_contract_gives_its_own_clear_error(name: str) -> None:
    said = [
        {
            "line": problem.line,
            "field": problem.field,
            "found": problem.found,
            "expected": problem.expected,
            "remedy": problem.remedy,
        }
        for problem in corpus_problems(FOLDER / f"{name}{SUFFIX}")
    ]
    assert said == EXPECTED[name]
    assert said, "it is malformed"
    for problem in said:
        assert all(problem.values()), "nothing is left for a person to guess"


def test_the_corpus_is_whole_and_large() -> None:
    files = {path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}")}
    assert files == set(EXPECTED)
    assert len(files) >= 40
    errors = {json.dumps(problems) for problems in EXPECTED.values()}
    same = {"empty", "only_a_comment"}  # one thing to a person, too
    assert len(errors) == len(EXPECTED) - len(same) + 1


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / f"orders{SUFFIX}"
    path.write_text(ORDERS + "#" * MAX_BYTES)
    (problem,) = corpus_problems(path)
    assert problem.found == f"{path.stat().st_size:,} bytes"
    assert "its data belongs elsewhere" in problem.remedy
