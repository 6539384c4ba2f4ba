from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from dataplatform.errors import SourceRejected, SourceUnavailable, TransitionRefused
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Cursor
from lambdas.ingest_api import pull as module
from lambdas.ingest_api.pull import Pull, object_key
from lambdas.register_object.logic import register
from tests.unit.support.plans import API_OPTIONS, dataset, platform

BUCKET = "landing"


@dataclass
class Api:
    """A source of rows ordered by (updated_at, id), in pages as asked for."""

    rows: list[tuple[str, int]]
    fails: dict[int, Exception] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def get(self, parameters: dict[str, str]) -> bytes:
        self.asked.append(parameters)
        if len(self.asked) in self.fails:
            raise self.fails[len(self.asked)]
        after = (parameters.get("updated_since", ""), int(parameters.get("after_id", -1)))
        left = [row for row in self.rows if row > after]
        page = left[: int(parameters["limit"])]
        rows = ",".join(f'{{"id":{i},"updated_at":"{at}","cost":1.10}}' for at, i in page)
        more = json.dumps(len(left) > len(page))
        return f'{{"data":[{rows}],"page":{{"more":{more}}}}}'.encode()


def day(number: int) -> str:
    return f"1997-01-{number:02d}T00:00:00Z"


@pytest.fixture
def s3(ledger: Ledger) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def pull(
    ledger: Ledger,
    s3: Any,
    api: Api,
    *,
    until: str = "",
    time_is_up: Callable[[], bool] = lambda: False,
) -> Pull:
    return Pull(
        ledger=ledger,
        s3=s3,
        client=api,
        bucket=BUCKET,
        dataset="sales",
        options=API_OPTIONS,
        until=until,
        time_is_up=time_is_up,
    )


def lines(ledger: Ledger, s3: Any) -> list[str]:
    """Every record that is registered, as landed."""
    found = []
    for landed in ledger.due_objects("sales"):
        answer = s3.get_object(Bucket=BUCKET, Key=landed.key, VersionId=landed.version)
        found += gzip.decompress(answer["Body"].read()).decode().splitlines()
    return found


def ids(ledger: Ledger, s3: Any) -> list[int]:
    return sorted(json.loads(line)["id"] for line in lines(ledger, s3))


def test_pages_are_landed_as_one_object_together_with_the_cursor(ledger: Ledger, s3: Any) -> None:
    api = Api([(day(1 + n // 4), n) for n in range(8)])
    pulled = pull(ledger, s3, api).run()
    assert (pulled.rows, pulled.more) == (8, False)
    assert ids(ledger, s3) == list(range(8))
    assert lines(ledger, s3)[0] == '{"id":0,"updated_at":"1997-01-01T00:00:00Z","cost":1.10}'
    (landed,) = ledger.due_objects("sales")
    assert landed.key == "sales/api/start/start.jsonl.gz"
    assert ledger.cursor("sales") == Cursor(updated_at=day(2), id="7")


def test_no_row_already_landed_is_asked_for_again(ledger: Ledger, s3: Any) -> None:
    api = Api([(day(1), n) for n in range(4)])
    pull(ledger, s3, api).run()
    api.asked.clear()
    assert pull(ledger, s3, api).run().rows == 0
    assert api.asked == [{"limit": "3", "updated_since": day(1), "after_id": "3"}]
    assert len(ledger.due_objects("sales")) == 1
    api.rows.append((day(2), 9))
    assert pull(ledger, s3, api).run().rows == 1
    assert ids(ledger, s3) == [0, 1, 2, 3, 9]


def test_a_pull_that_dies_between_object_and_cursor_lands_its_rows_once(
    ledger: Ledger, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api([(day(1), n) for n in range(4)])
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "land_pulled", _die)
        with pytest.raises(KeyboardInterrupt):
            pull(ledger, s3, api).run()
    orphan = s3.list_object_versions(Bucket=BUCKET)["Versions"][0]
    plan = platform((dataset("sales", "api"),))
    assert register(ledger, plan, _event(orphan)) == "pulled"
    assert ledger.cursor("sales") is None and ledger.due_objects("sales") == []
    api.rows.append((day(2), 9))
    pull(ledger, s3, api).run()
    assert ids(ledger, s3) == [0, 1, 2, 3, 9]
    versions = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert {v["Key"] for v in versions} == {orphan["Key"]} and len(versions) == 2


def test_two_pulls_at_once_land_each_row_once(ledger: Ledger, s3: Any) -> None:
    api = Api([(day(1), n) for n in range(4)])
    slow = pull(ledger, s3, api)
    put = slow.s3.put_object

    class Overtaken:
        def put_object(self, **arguments: Any) -> Any:
            pull(ledger, s3, Api(api.rows)).run()
            return put(**arguments)

    slow.s3 = Overtaken()
    with pytest.raises(TransitionRefused):
        slow.run()
    assert ids(ledger, s3) == [0, 1, 2, 3]


@pytest.mark.parametrize("error", [SourceUnavailable("down"), SourceRejected("gone")])
def test_what_was_pulled_before_the_source_broke_is_kept(
    ledger: Ledger, s3: Any, error: Exception
) -> None:
    api = Api([(day(1), n) for n in range(8)], fails={3: error})
    with pytest.raises(type(error)):
        pull(ledger, s3, api).run()
    assert ids(ledger, s3) == [0, 1, 2, 3, 4, 5]
    pull(ledger, s3, api).run()
    assert ids(ledger, s3) == list(range(8))


def test_it_stops_when_time_is_up_and_goes_on_from_there(ledger: Ledger, s3: Any) -> None:
    api = Api([(day(1), n) for n in range(8)])
    assert pull(ledger, s3, api, time_is_up=lambda: True).run() == module.Pulled(rows=3, more=True)
    assert pull(ledger, s3, api).run() == module.Pulled(rows=5, more=False)
    assert ids(ledger, s3) == list(range(8))


def test_objects_are_bounded(ledger: Ledger, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 6)
    told: list[int] = []
    big = pull(ledger, s3, Api([(day(1), n) for n in range(14)]))
    big.landed = told.append
    assert big.run().rows == 14
    assert told == [6, 12, 14]
    assert len({landed.key for landed in ledger.due_objects("sales")}) == 3
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    more = pull(ledger, s3, Api([(day(2), n) for n in range(6)]))
    assert more.run().rows == 6
    assert len(ledger.due_objects("sales")) == 5


def test_records_from_the_upper_bound_on_are_left_for_a_later_run(ledger: Ledger, s3: Any) -> None:
    api = Api([(day(1 + n), n) for n in range(8)])
    assert pull(ledger, s3, api, until=day(5)).run() == module.Pulled(rows=4, more=False)
    assert ledger.cursor("sales") == Cursor(updated_at=day(4), id="3")
    assert pull(ledger, s3, api, until=day(5)).run().rows == 0
    assert pull(ledger, s3, api).run().rows == 4
    assert ids(ledger, s3) == list(range(8))


def test_an_empty_source_lands_nothing(ledger: Ledger, s3: Any) -> None:
    assert pull(ledger, s3, Api([])).run() == module.Pulled(rows=0, more=False)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_an_object_is_named_by_where_its_pull_began_alone() -> None:
    odd = Cursor(updated_at="1997-01-01T00:00:00+02:00", id="a/../b ü")
    assert object_key("sales", odd) == object_key("sales", odd)
    assert object_key("sales", odd).startswith("sales/api/1997-01-01/1997-01-01T00-00-00-02-00_a-")
    assert object_key("sales", odd) != object_key(
        "sales", Cursor(updated_at=odd.updated_at, id="a-..-b-")
    )
    assert len(object_key("sales", Cursor(updated_at="x" * 5000, id="y" * 5000))) < 200


def _die(*args: Any) -> None:
    raise KeyboardInterrupt


def _event(version: dict[str, Any]) -> dict[str, Any]:
    return {
        "detail-type": "Object Created",
        "time": "2026-11-21T10:00:00Z",
        "detail": {
            "bucket": {"name": BUCKET},
            "object": {
                "key": version["Key"],
                "size": version["Size"],
                "etag": version["ETag"],
                "version-id": version["VersionId"],
            },
        },
    }
