from __future__ import annotations

from dataclasses import asdict, replace

from dataplatform.ledger import Ledger
from dataplatform.ledger.objects import pointer
from tests.unit.support.ledgers import landed


def test_an_event_twice_registers_once(ledger: Ledger) -> None:
    assert ledger.register_object(landed())
    assert not ledger.register_object(landed())
    assert ledger.due_objects("products") == [landed()]


def test_the_same_event_after_its_object_was_claimed_registers_nothing(ledger: Ledger) -> None:
    ledger.register_object(landed())
    ledger.open_batch("run", "products", ledger.due_objects("products"))
    assert not ledger.register_object(landed())
    assert ledger.due_objects("products") == []


def test_another_version_of_a_key_is_another_object(ledger: Ledger) -> None:
    assert ledger.register_object(landed(version="v1"))
    assert ledger.register_object(landed(version="v2"))
    assert len(ledger.due_objects("products")) == 2


def test_due_objects_come_in_the_order_of_arrival_and_within_a_half_open_window(
    ledger: Ledger,
) -> None:
    times = ["2026-11-21T09:00:02Z", "2026-11-21T09:00:00Z", "2026-11-21T09:00:01Z"]
    for time in times:
        ledger.register_object(landed(time, at=time))
    assert [o.arrived_at for o in ledger.due_objects("products")] == sorted(times)
    window = ledger.due_objects(
        "products", since="2026-11-21T09:00:00Z", until="2026-11-21T09:00:02Z"
    )
    assert [o.arrived_at for o in window] == sorted(times)[:2]
    assert len(ledger.due_objects("products", limit=1)) == 1


def test_due_datasets_are_those_with_objects_in_no_batch(ledger: Ledger) -> None:
    ledger.register_object(landed(dataset="products"))
    ledger.register_object(landed(dataset="stores"))
    ledger.open_batch("run", "stores", ledger.due_objects("stores"))
    assert ledger.due_datasets() == ["products"]


def test_an_unclaimed_object_waits_until_its_dataset_has_a_contract(ledger: Ledger) -> None:
    stray = landed(dataset="", folder="returns")
    ledger.register_object(stray)
    assert ledger.unclaimed_objects() == [stray]
    assert ledger.due_datasets() == []
    assert ledger.claim_object(stray, "returns")
    assert ledger.due_objects("returns") == [replace(stray, dataset="returns")]
    assert ledger.unclaimed_objects() == []
    assert not ledger.claim_object(stray, "returns")


def test_due_objects_of_more_than_one_page_of_a_query_are_all_read(ledger: Ledger) -> None:
    objects = [landed("k" * 900 + f"{number:04d}") for number in range(1200)]
    with ledger._table.batch_writer() as writer:  # one by one takes moto a minute
        for each in objects:
            writer.put_item({"pk": "due#products", "sk": pointer(each), **asdict(each)})
    assert {each.key for each in ledger.due_objects("products")} == {o.key for o in objects}
    assert len(ledger.due_objects("products", limit=1100)) == 1100
