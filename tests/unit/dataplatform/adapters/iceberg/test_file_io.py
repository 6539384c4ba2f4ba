from __future__ import annotations

import io

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from dataplatform.adapters import s3_streams
from dataplatform.adapters.iceberg import file_io
from dataplatform.adapters.iceberg.file_io import BotoFileIO
from dataplatform.adapters.iceberg.kept import kept
from dataplatform.adapters.s3_streams import PART_BYTES, ObjectWriter
from tests.unit.support.deaths import answers_lost
from tests.unit.support.lakes import Lake

PLACE = "s3://bronze/some/key with spaces+%41#?.bin"


def test_what_is_written_is_read_and_deleted(empty_lake: Lake) -> None:
    files = BotoFileIO()
    output = files.new_output(PLACE)
    assert not output.exists()
    with output.create() as stream:
        stream.write(b"hello")
        stream.write(b" there")
    assert (len(output), output.exists()) == (11, True)
    for seekable in (True, False):
        with files.new_input(PLACE).open(seekable) as readable:
            assert readable.read() == b"hello there"
    files.delete(PLACE)
    assert not output.exists()


def test_a_large_object_goes_in_parts_and_is_read_in_ranges(empty_lake: Lake) -> None:
    body = bytes(range(256)) * (PART_BYTES // 256) * 2 + b"the end"
    with ObjectWriter(PLACE, overwrite=False) as stream:
        for start in range(0, len(body), 5_000_000):
            stream.write(body[start : start + 5_000_000])
        assert stream.tell() == len(body)
    with BotoFileIO().new_input(PLACE).open() as readable:
        readable.seek(-7, io.SEEK_END)
        assert readable.read() == b"the end"
        readable.seek(1000)
        assert readable.read(4) == body[1000:1004]
        assert readable.tell() == 1004
        readable.seek(0)
        assert readable.read() == body


@pytest.mark.parametrize(
    ("name", "asked"), [("v1.metadata.json", 0), ("snap-1.avro", 0), ("data.parquet", 2)]
)
def test_metadata_is_read_once_and_not_at_all_where_this_process_wrote_it(
    empty_lake: Lake, monkeypatch: pytest.MonkeyPatch, name: str, asked: int
) -> None:
    place = f"s3://bronze/table/{name}"
    with BotoFileIO().new_output(place).create() as stream:
        stream.write(b"a table")
    requests: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(self: BaseClient, operation: str, given: dict[str, object]) -> object:
        requests.append(operation)
        return call(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)

    def read() -> bytes:
        with BotoFileIO().new_input(place).open() as stream:
            return stream.read()

    assert [read(), read()] == [b"a table"] * 2
    assert len(requests) == asked
    kept.clear()
    requests.clear()
    assert [read(), read()] == [b"a table"] * 2
    assert len(requests) == max(1, asked)


def test_a_small_object_is_one_request_and_an_empty_one_is_empty(
    empty_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, arguments: object) -> object:
        asked.append(operation)
        return make(client, operation, arguments)

    for body in (b"{}", b""):
        with BotoFileIO().new_output(PLACE).create(overwrite=True) as stream:
            stream.write(body)
        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", counted)
            with BotoFileIO().new_input(PLACE).open() as readable:
                assert readable.read() == body
    assert asked == ["GetObject", "GetObject"]


def test_an_object_that_is_there_is_replaced_only_when_told(empty_lake: Lake) -> None:
    with ObjectWriter(PLACE, overwrite=False) as first:
        first.write(b"first")
    second = ObjectWriter(PLACE, overwrite=False)
    second.write(b"second")
    with pytest.raises(FileExistsError):
        second.close()
    with ObjectWriter(PLACE, overwrite=True) as third:
        third.write(b"third")
    assert len(BotoFileIO().new_input(PLACE)) == 5


def test_an_object_is_made_although_the_answer_was_lost(empty_lake: Lake) -> None:
    with (
        answers_lost("PutObject") as lost,
        ObjectWriter(PLACE, overwrite=False, client=empty_lake.s3) as stream,
    ):
        stream.write(b"first")
    assert len(lost) == 1
    assert len(BotoFileIO().new_input(PLACE)) == 5


def test_a_write_that_fails_leaves_nothing_behind(empty_lake: Lake) -> None:
    with pytest.raises(RuntimeError), ObjectWriter(PLACE, overwrite=False) as stream:
        stream.write(bytes(3 * PART_BYTES))
        raise RuntimeError("the parquet writer gave up")
    assert not BotoFileIO().new_input(PLACE).exists()
    assert "Uploads" not in empty_lake.s3.list_multipart_uploads(Bucket="bronze")


def test_a_missing_object_is_told_as_a_file_system_would(empty_lake: Lake) -> None:
    missing = BotoFileIO().new_input("s3://bronze/nothing")
    assert not missing.exists()
    for seekable in (True, False):
        with pytest.raises(FileNotFoundError, match="s3://bronze/nothing isn't there"):
            missing.open(seekable)


def test_a_refusal_is_not_taken_for_a_missing_object(
    empty_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forbidding:
        def __getattr__(self, operation: str) -> object:
            def refuse(**_: object) -> None:
                error = {"Error": {"Code": "AccessDenied", "Message": "no"}}
                raise ClientError(error, operation)  # type: ignore[arg-type]

            return refuse

    with monkeypatch.context() as patched:
        for module in (file_io, s3_streams):
            patched.setattr(module, "s3", Forbidding)
        stream = ObjectWriter(PLACE, overwrite=True)
        for attempt in (
            BotoFileIO().new_input(PLACE).exists,
            lambda: BotoFileIO().delete(PLACE),
            stream.close,
        ):
            with pytest.raises(PermissionError, match="access denied"):
                attempt()
    assert stream.closed


def test_only_s3_is_served() -> None:
    with pytest.raises(ValueError, match="isn't in S3"):
        ObjectWriter("file:///tmp/x", overwrite=True)
