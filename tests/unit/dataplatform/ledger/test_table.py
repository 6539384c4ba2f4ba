from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataplatform.ledger import Ledger
from dataplatform.ledger.writes import ABSENT, Refused, put
from tests.unit.support.ledgers import Clock


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


def test_a_conflict_with_another_writer_is_tried_again(
    ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, errors = ledger._send, [cancelled("None", "TransactionConflict")] * 3
    monkeypatch.setattr(
        ledger, "_send", lambda writes: _raise(errors.pop()) if errors else send(writes)
    )
    start = clock()
    ledger._write(put({"pk": "a", "sk": "b"}, ABSENT), put({"pk": "a", "sk": "c"}))
    assert ledger._get("a", "b") and not errors
    assert clock() > start


def test_conflicts_without_end_are_raised(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_send", lambda writes: _raise(cancelled("TransactionConflict")))
    with pytest.raises(ClientError):
        ledger._write(put({"pk": "a", "sk": "b"}))


def test_a_refusal_says_which_write_and_writes_nothing(ledger: Ledger) -> None:
    ledger._write(put({"pk": "a", "sk": "there"}))
    with pytest.raises(Refused) as caught:
        ledger._write(put({"pk": "a", "sk": "new"}), put({"pk": "a", "sk": "there"}, ABSENT))
    assert caught.value.failed == {1}
    assert ledger._get("a", "new") is None


def test_more_than_a_hundred_items_are_read_in_order(ledger: Ledger) -> None:
    keys = [("a", f"{number:03d}") for number in range(150)]
    for pk, sk in keys:
        ledger._write(put({"pk": pk, "sk": sk}))
    assert [item["sk"] for item in ledger._get_all([*keys, ("a", "none")])] == [k[1] for k in keys]


def _raise(error: Exception) -> None:
    raise error
