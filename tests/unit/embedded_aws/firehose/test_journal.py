from __future__ import annotations

from pathlib import Path

from embedded_aws.firehose.journal import Journal, Record, StreamKey

KEY = StreamKey("000000000000", "us-east-1", "pos")


def _records(*names: str) -> list[Record]:
    return [Record(name, name.encode(), 1_795_000_000_123) for name in names]


def test_records_wait_with_their_size_and_age(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(KEY, _records("one", "two"))
    ((key, size, age),) = journal.waiting()
    assert (key, size) == (KEY, 6)
    assert 0 <= age < 5


def test_a_killed_server_finds_them_again(tmp_path: Path) -> None:
    Journal(tmp_path).append(KEY, _records("one"))
    after = Journal(tmp_path)
    assert [key for key, _, _ in after.waiting()] == [KEY]
    assert after.take(KEY) == _records("one")


def test_delivered_records_are_gone_and_later_ones_stay(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(KEY, _records("one"))
    taken = journal.take(KEY)
    journal.append(KEY, _records("two"))
    journal.done(KEY)
    assert taken == _records("one")
    assert journal.take(KEY) == _records("two")


def test_a_refused_delivery_is_tried_again_before_newer_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(KEY, _records("one"))
    journal.take(KEY)
    journal.append(KEY, _records("two"))
    journal.retry(KEY)
    assert journal.take(KEY) == _records("one", "two")


def test_a_server_killed_in_a_delivery_delivers_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(KEY, _records("one"))
    journal.take(KEY)
    after = Journal(tmp_path)
    assert [key for key, _, _ in after.waiting()] == [KEY]
    assert after.take(KEY) == _records("one")


def test_when_a_record_was_put_outlives_the_server(tmp_path: Path) -> None:
    Journal(tmp_path).append(KEY, [Record("one", b"one", 1_700_000_000_001)])
    assert [record.arrived for record in Journal(tmp_path).take(KEY)] == [1_700_000_000_001]
