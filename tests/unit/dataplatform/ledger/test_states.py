from __future__ import annotations

from pathlib import Path

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.states import BATCH_MOVES, OBJECT_MOVES, Move, allowed

PAGE = (Path(__file__).parents[4] / "docs" / "exactly-once.md").read_text()


@pytest.mark.parametrize(
    "move", [*OBJECT_MOVES, *BATCH_MOVES], ids=lambda m: f"{m.before}-{m.after}"
)
def test_the_page_has_each_move_as_the_code_has_it(move: Move) -> None:
    before = move.before or "(not there)"
    row = f"| {before} | {move.after} | {move.by} | {move.only_if} |"
    assert row in PAGE


@pytest.mark.parametrize(
    "move", [*OBJECT_MOVES, *BATCH_MOVES], ids=lambda m: f"{m.before}-{m.after}"
)
def test_each_move_is_a_call_of_the_ledger(move: Move) -> None:
    for call in move.call.split(", "):
        assert callable(getattr(Ledger, call))


def test_nothing_moves_back_from_published() -> None:
    assert not any(move.before == "published" for move in BATCH_MOVES)
    assert allowed(BATCH_MOVES, "published", "published")
    assert not allowed(BATCH_MOVES, "published", "staged")
    assert not allowed(BATCH_MOVES, "", "published")
