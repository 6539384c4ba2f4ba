"""A replay from the command line: what became of the rows, and what still waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.pipeline import Followed
from cli.quarantine import replay as verb
from cli.target import Target
from dataplatform.ledger.run_input import parse_run_input
from tests.unit.support.contracts import spoiled
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import order, orders, shops
from tests.unit.support.replays import Stage, run_replay

Weir = Callable[..., tuple[int, str, str]]
LOOSE = spoiled(("          maximum: 100\n", "          maximum: 1000\n"))


def test_a_replay_shows_what_became_of_the_rows(
    aws: None, weir: Weir, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shops() as shop:
        shop.merge(shop.staged(order(1, 1, amount="500"), order(2, 1, amount="many")))
        shop.plan = orders(LOOSE)
        stage = Stage(shop.ledger)
        stage.plan = plan_of(shop.plan)  # type: ignore[attr-defined]
        monkeypatch.setattr(Target, "choose", lambda _: stage)

        def execute(screen: Any, target: Any, given: dict[str, Any]) -> Followed:
            wanted = parse_run_input(given, ["orders"], datetime.now(UTC))
            run_replay(shop, "run-2", wanted.replay)
            return Followed("run-2", "arn", 1.0)

        monkeypatch.setattr(verb, "execute", execute)
        code, out, _ = weir("quarantine", "replay", "orders", "--yes")
        assert code == 3, "one was rejected again"
        assert "2 rows were taken from quarantine; 1 waits there now" in out
        assert "1 row was rejected again: ./weir quarantine show orders" in out
        _, out, _ = weir("quarantine", "show", "orders", "--json")
        (row,) = json.loads(out)
        assert row["position"] == 2 and row["run"] == "run-2"
