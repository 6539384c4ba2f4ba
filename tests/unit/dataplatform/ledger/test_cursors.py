from __future__ import annotations

import pytest

from dataplatform.errors import TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Cursor
from tests.unit.support.ledgers import landed

FIRST = Cursor(updated_at="1997-01-01T00:00:00Z", id="1")
SECOND = Cursor(updated_at="1997-01-02T00:00:00Z", id="2")


def test_a_cursor_moves_only_from_where_it_is(ledger: Ledger) -> None:
    assert ledger.cursor("sales") is None
    ledger.land_pulled(landed("1", dataset="sales"), None, FIRST)
    ledger.land_pulled(landed("2", dataset="sales"), FIRST, SECOND)
    for wrong in (None, FIRST):
        with pytest.raises(TransitionRefused, match="the cursor is at"):
            ledger.land_pulled(landed("3", dataset="sales"), wrong, SECOND)
    assert ledger.cursor("sales") == SECOND


def test_what_is_pulled_is_registered_with_its_cursor_or_not_at_all(ledger: Ledger) -> None:
    ledger.land_pulled(landed("1", dataset="sales"), None, FIRST)
    with pytest.raises(TransitionRefused):
        ledger.land_pulled(landed("2", dataset="sales"), None, SECOND)
    assert ledger.cursor("sales") == FIRST
    assert [o.key for o in ledger.due_objects("sales")] == ["sales/1"]
    assert ledger.due_datasets() == ["sales"]


def test_an_object_that_is_registered_already_does_not_move_the_cursor(ledger: Ledger) -> None:
    ledger.register_object(landed("1", dataset="sales"))
    with pytest.raises(TransitionRefused):
        ledger.land_pulled(landed("1", dataset="sales"), None, FIRST)
    assert ledger.cursor("sales") is None
