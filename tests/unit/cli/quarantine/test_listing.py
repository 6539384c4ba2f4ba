"""What waits in quarantine is counted, shown with every reason, and replayed when asked to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.quarantine import waiting
from cli.target import Target
from tests.unit.support.lakes import plan_of
from tests.unit.support.ledgers import credentials
from tests.unit.support.merges import Shop, order, shops
from tests.unit.support.replays import Stage

Weir = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def lake() -> Iterator[Shop]:
    """One shop for all tests here: none of them changes it."""
    with pytest.MonkeyPatch.context() as patch:
        credentials(patch)
        with shops() as shop:
            rows = [order(2, 1, amount="500", state="[red]x"), order(3, 1, amount="many")]
            shop.merge(shop.staged(order(1, 1), *rows))
            yield shop


@pytest.fixture
def shop(lake: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    stage = Stage(lake.ledger)
    stage.plan = plan_of(lake.plan)  # type: ignore[attr-defined]
    monkeypatch.setattr(Target, "choose", lambda _: stage)
    return lake


def test_rows_are_counted_by_reason_without_their_values(shop: Shop, weir: Weir) -> None:
    code, out, _ = weir("quarantine", "ls", "--json")
    answer = json.loads(out)
    assert (code, answer["waiting"]) == (0, {"orders": 2})
    kinds = {kind["reason"]: kind["rows"] for kind in answer["reasons"]}
    assert kinds == {
        "amount above 100": 1,
        "malformed amount": 1,
        "state not one of open, closed": 1,
    }
    code, out, _ = weir("quarantine", "ls", "orders")
    assert "malformed amount" in out and "./weir quarantine replay orders" in out
    assert max(map(len, out.splitlines())) <= 100


def test_each_row_has_every_reason_and_what_was_sent(shop: Shop, weir: Weir) -> None:
    _, out, _ = weir("quarantine", "show", "orders", "--json")
    first, second = sorted(json.loads(out), key=lambda row: row["position"])
    assert (first["position"], len(first["reasons"])) == (2, 2)
    assert first["record"]["amount"] == "500"
    assert second["object"].startswith("orders/") and second["version"] and second["batch"]
    _, out, _ = weir("quarantine", "show", "orders")
    assert "record 2" in out and "✗ malformed amount: 'many' is not decimal(10,4)" in out
    assert "[red]x" in out, "what was sent is no markup"
    assert "2 shown of 2 that wait" in out


def test_rows_may_be_chosen_by_reason_batch_and_number(shop: Shop, weir: Weir) -> None:
    _, out, _ = weir("quarantine", "show", "orders", "--reason", "above", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["position"] == "2" and len(json.loads(row["reasons"])) == 2
    assert weir("quarantine", "show", "orders", "--batch", "none", "--json")[1].strip() == "[]"
    _, out, _ = weir("quarantine", "show", "orders", "--limit", "1")
    assert "1 shown of 2 that wait in quarantine; --limit 2 shows all" in out


def test_what_was_rejected_first_is_shown_first(
    shop: Shop, weir: Weir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the table has them: what was written last stands first there."""
    scan = waiting.Quarantine._scan

    def newest_first(*asked: Any) -> Iterator[dict[str, Any]]:
        staged, merged = sorted(scan(*asked), key=lambda row: row["position"])
        yield merged | {"quarantined_at": merged["quarantined_at"] + timedelta(minutes=1)}
        yield staged | {"position": 9}
        yield staged | {"position": None}

    monkeypatch.setattr(waiting.Quarantine, "_scan", newest_first)
    for limit in (3, 2):
        _, out, _ = weir("quarantine", "show", "orders", "--limit", str(limit), "--json")
        assert [row["position"] for row in json.loads(out)] == [None, 9, 3][:limit]


def test_nothing_is_replayed_unless_it_is_wanted(shop: Shop, weir: Weir) -> None:
    code, out, _ = weir("quarantine", "replay", "orders", "--dry-run", "--reason", "malformed")
    assert code == 0 and "1 row of 1 batch of orders to replay" in out and "--dry-run" in out
    code, out, _ = weir("quarantine", "replay", "orders")
    assert code == 1 and "Confirm with --yes" in out
    code, out, _ = weir("quarantine", "replay", "orders", "--reason", "zzz", "--yes")
    assert code == 0 and 'Nothing of orders waits in quarantine with "zzz" in a reason' in out
    assert not shop.ledger.unfinished_batches()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ls", "order"), 'Did you mean "orders"?'),
        (("replay", "sales", "--yes"), "a dataset that is deployed: orders"),
        (("show", "orders", "--format", "xml"), "Known are table, csv, json"),
    ],
)
def test_wrong_words_are_told(shop: Shop, weir: Weir, words: tuple[str, ...], said: str) -> None:
    code, _, err = weir("quarantine", *words)
    assert code == 2 and said in err


def test_who_may_not_read_the_table_is_told_so(
    shop: Shop, weir: Weir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(name: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetTable")

    monkeypatch.setattr(waiting, "open_table", denied)
    code, _, err = weir("quarantine", "show", "orders")
    assert code == 1 and "your credentials may not read weir_dev_quarantine.records" in err
