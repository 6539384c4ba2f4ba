from __future__ import annotations

import errno
from pathlib import Path

import pytest

from dataplatform.adapters.bronze_spool import Spool
from dataplatform.errors import TooLarge
from dataplatform.parsing.model import Block, Rejected, Row

BLOCK = Block(
    rows=[Row(1, "insert", None, ["a", None]), Row(3, "delete", '{"x":1}', ["é", "b"])],
    rejected=[Rejected(2, "bad", ("one", "two"))],
)


def test_blocks_come_back_as_they_were_written(tmp_path: Path) -> None:
    with Spool(tmp_path, ["p", "q"], limit=10**6) as spool:
        spool.write(BLOCK)
        spool.write(Block(rows=[Row(4, "insert", None, ["c", "d"])]))
        rows = [row for batch in spool.read_rows() for row in batch.to_pylist()]
        rejected = [row for batch in spool.read_rejected() for row in batch.to_pylist()]
        assert (spool.rows, spool.rejected) == (3, 1)
    assert rows[1] == {
        "position": 3,
        "op": "delete",
        "extra": '{"x":1}',
        "column:p": "é",
        "column:q": "b",
    }
    assert [row["position"] for row in rows] == [1, 3, 4]
    assert rejected == [{"position": 2, "source": "bad", "reasons": ["one", "two"]}]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("memory", [0, 1000, 10**6])
def test_rows_come_in_order_from_memory_and_from_the_disk(tmp_path: Path, memory: int) -> None:
    few, many = [["a", "b"]], [["c" * 100, "d" * 100]] * 10  # many don't fit where few still do
    blocks = [few, many, few]
    with Spool(tmp_path, ["p", "q"], limit=10**6, memory=memory) as spool:
        for block in blocks:
            spool.write(Block(rows=[Row(1, "insert", None, [*values]) for values in block]))
        assert any(tmp_path.iterdir()) == (memory < 10**6)
        found = [
            [row["column:p"], row["column:q"]]
            for batch in spool.read_rows()
            for row in batch.to_pylist()
        ]
    assert found == [values for block in blocks for values in block]
    assert list(tmp_path.iterdir()) == []


def test_nothing_written_is_nothing_read(tmp_path: Path) -> None:
    with Spool(tmp_path, ["p"], limit=1) as spool:
        assert list(spool.read_rows()) == list(spool.read_rejected()) == []


def test_a_contract_column_may_be_named_like_a_place(tmp_path: Path) -> None:
    with Spool(tmp_path, ["position", "op"], limit=10**6) as spool:
        spool.write(BLOCK)
        (batch,) = spool.read_rows()
    assert batch.to_pylist()[0]["column:position"] == "a"


def test_an_object_beyond_the_limit_is_sparks(tmp_path: Path) -> None:
    with (
        Spool(tmp_path, ["p", "q"], limit=1000, memory=0) as spool,
        pytest.raises(TooLarge, match="more than 0 MiB of local disk"),
    ):
        for _ in range(20):
            spool.write(BLOCK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always full device")
def test_a_full_disk_says_so(tmp_path: Path) -> None:
    (tmp_path / "rows.arrows").symlink_to("/dev/full")
    spool = Spool(tmp_path, ["p", "q"], limit=10**9, memory=0)
    with pytest.raises(TooLarge, match="the local disk is full") as full:
        spool.write(BLOCK)
    assert isinstance(full.value.__cause__, OSError)
    assert full.value.__cause__.errno == errno.ENOSPC
