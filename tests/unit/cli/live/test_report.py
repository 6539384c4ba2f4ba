"""`weir live` over what lies in landing: people's text fits 80 columns, JSON has every figure."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from moto import mock_aws

from cli.live import report
from cli.live.objects import contents, stream_objects, window
from cli.live.report import ago
from cli.target import Target
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import RECEIVED_AT, Names
from dataplatform.plans.model import PlatformPlan

ROOT = Path(__file__).parents[4]
Weir = Callable[..., tuple[int, str, str]]


@cache
def plan() -> PlatformPlan:
    """The sample's stream alone, whatever others a project of one's own adds."""
    compiled = compile_platform(ROOT, Names("dev"))
    live = tuple(model for model in compiled.live if model.stream == "pos_sales")
    return replace(compiled, live=live)


class StreamTarget:
    """A stage whose landing bucket is moto's."""

    stage = "dev"
    names = Names("dev")

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.plan = plan()

    def client(self, service: str) -> Any:
        return self.s3

    def output(self, key: str) -> str:
        return "landing"


class Reader:
    """What `_gold` uses of a PyIceberg table."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def scan(self) -> Reader:
        return self

    def to_arrow_batch_reader(self) -> pa.RecordBatchReader:
        return self.rows.to_reader()


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[StreamTarget]:
    gold = {
        "weir_dev_gold.dim_store": pa.table({"store_id": [7], "region_id": [1]}),
        "weir_dev_gold.dim_region": pa.table({"region_id": [1], "sales_region": ["North West"]}),
    }
    monkeypatch.setattr(report, "open_table", lambda name: Reader(gold[name]))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="landing")
        fake = StreamTarget(s3)
        monkeypatch.setattr(Target, "choose", lambda stage: fake)
        yield fake


def _land(target: StreamTarget, key: str, *events: dict[str, Any] | str) -> None:
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
    target.s3.put_object(Bucket="landing", Key=key, Body=body)


def _folder(back: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=back)).strftime("pos_sales/%Y/%m/%d/%H/")


def _event(identifier: str) -> dict[str, Any]:
    names = ("product_id", "customer_id", "promotion_id", "unit_sales", "store_sales", "store_cost")
    return {
        **dict.fromkeys(names, 1),
        "event_id": identifier,
        "sold_at": "1997-07-15T10:00:00Z",
        "store_id": 7,
        RECEIVED_AT: (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
    }


def test_a_person_sees_figures_age_and_what_is_wrong(target: StreamTarget, weir: Weir) -> None:
    _land(target, _folder() + "a.gz", _event("a"), _event("b"), _event("a"), "[1]", {"x": 1})
    code, out, _ = weir("live")
    assert code == 0
    assert "Sales by region, as tills ring them up" in out
    for told in ("North West", "newest", "1 came again", "2, which a run quarantines"):
        assert told in out, out
    assert "█" in out


@pytest.mark.parametrize("columns", ["80", "100"])
def test_no_line_is_wider_than_the_terminal(
    target: StreamTarget, weir: Weir, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    _land(target, _folder() + "a.gz", _event("a"), *(f"[{n}]" for n in range(9)), "x", "\\", {})
    _, out, _ = weir("live")
    assert "\x1b[3" not in out, "no colour"
    plain = [line for line in out.splitlines() if "\x1b" not in line]
    assert max(map(len, plain)) <= int(columns)


def test_json_has_every_figure_and_nothing_else(target: StreamTarget, weir: Weir) -> None:
    _land(target, _folder() + "a.gz", _event("a"), _event("a"), {"x": 1})
    code, out, _ = weir("live", "--json")
    (shown,) = json.loads(out)
    assert code == 0
    assert 30 <= shown.pop("newest_age_seconds") < 90
    assert sum(shown.pop("by_minute")) == 1
    assert shown == {
        "model": "pos_sales_by_region",
        "stream": "pos_sales",
        "events": 1,
        "repeated": 1,
        "deleted": 0,
        "unusable": 1,
        "reasons": {"missing event_id": 1},
        "rows": [
            {"sales_region": "North West", "unit_sales": 1, "store_sales": "1.00", "events": 1}
        ],
    }


def test_an_idle_stream_says_so(target: StreamTarget, weir: Weir) -> None:
    code, out, _ = weir("live", "--hours", "2")
    assert code == 0
    assert "no events in the last 2 h" in out


def test_the_models_that_are_deployed_are_shown_not_those_of_the_working_tree(
    target: StreamTarget, weir: Weir
) -> None:
    target.plan = replace(plan(), live=())
    code, _, err = weir("live")
    assert code == 1
    assert "no live model is deployed in stage dev" in err
    deployed = replace(plan().live[0], title="As deployed", sql="SELECT 1 AS one", gold=())
    target.plan = replace(plan(), live=(deployed,))
    _land(target, _folder() + "a.gz", _event("a"))
    assert "As deployed" in weir("live")[1]


def test_only_objects_of_the_window_are_read_each_once(target: StreamTarget) -> None:
    now = datetime.now(UTC)
    inside = [_folder() + "a", _folder(1) + "b", _folder(2) + "c"]
    rejected = _folder().replace("pos_sales/", "pos_sales-rejected/processing-failed/") + "d"
    outside = [_folder(3) + "e", "pos_sales/by-hand.jsonl", "pos_sales_more/2026/x", "sales/x"]
    for key in (*inside, rejected, *outside):
        _land(target, key, key)
    found = stream_objects(target.s3, "landing", "pos_sales", window(now, 2), now)
    assert [item.key for item in found] == [*sorted(inside), rejected]
    read = [
        (item.key, gzip.decompress(b"".join(chunks)).decode().strip())
        for item, chunks in contents(target.s3, "landing", found * 5)
    ]
    assert read == [(item.key, item.key) for item in found * 5]


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.4, "4 s"), (119, "119 s"), (125, "2 min"), (11_100, "3 h 5 min")]
)
def test_ages_are_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert ago(seconds) == said
