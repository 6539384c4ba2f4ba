"""Bad input beside good input, all in one run: each record gets its outcome, the books balance."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.embedded.harness import Platform, assert_balanced, wait_until

pytestmark = pytest.mark.embedded

COLUMNS = (
    "store_id,store_type,region_id,store_name,store_number,store_street_address,store_city,"
    "store_state,store_postal_code,store_country,store_manager,store_phone,store_fax,"
    "first_opened_date,last_remodel_date,store_sqft,grocery_sqft,frozen_sqft,meat_sqft,"
    "coffee_bar,video_store,salad_bar,prepared_food,florist"
)
NEW_STORES = [9001, 9002, 9003, 9004, 9005]
NEW_REGION = {"region_id": 9001, "sales_region": "Nowhere", "sales_country": "USA"}


def store(number: int | str, *, name: str = "New", region: str = "1", country: str = "USA") -> str:
    return f"{number},,{region},{name},,,,,,{country}{',' * 14}"


def csv(*lines: str) -> bytes:
    return "\r\n".join([COLUMNS, *lines, ""]).encode()


GOOD = csv(store(9004), store(9005))
STORES = {
    "truncated.csv.gz": gzip.compress(csv(store(1)), mtime=0)[:-12],
    "header-twice.csv": csv(store(1) + ",").replace(b"florist", b"florist,store_city"),
    "bad-utf8.csv": csv(store(1, name="Caf\u00e9")).replace("\u00e9".encode(), b"\xe9"),
    "nul.csv": csv(store(1, name="N\0L")),
    "bom.csv": b"\xef\xbb\xbf" + csv(store(9001)),
    "empty.csv": b"",
    "header-only.csv": csv(),
    "mixed.csv": csv(
        store(9002),
        store("9099", name="", region="x", country="Spain"),
        "9098,too,short",
        store(9003),
    ),
    "good.csv": GOOD,
    "the-same-under-another-name.csv": GOOD,
}
REGIONS = [
    json.dumps(NEW_REGION),
    '{"region_id": 9002',
    json.dumps(NEW_REGION | {"region_id": "many", "sales_country": None}),
    "[9003]",
]


@dataclass(frozen=True)
class Landed:
    """What was, what landed, and what the one run over it said."""

    before: dict[str, dict[str, int]]
    due: int
    run: dict[str, Any]
    quarantined: list[dict[str, Any]]

    def reasons(self, dataset: str, name: str) -> list[list[str]]:
        """The reasons of each quarantined record of an object, by position."""
        found = [
            record
            for record in self.quarantined
            if (record["dataset"], record["object"]) == (dataset, f"{dataset}/{name}")
        ]
        found.sort(key=lambda record: record["position"] or 0)
        return [json.loads(record["reasons"]) for record in found]


@pytest.fixture(scope="module")
def landed(platform: Platform) -> Landed:
    before = platform.books()
    for name, body in STORES.items():
        platform.land(f"stores/{name}", body)
    version = platform.land("stores/good.csv", GOOD)
    known = (platform.state / "data/samples/files/stores.csv").read_bytes()
    platform.land("stores/what-silver-has-already.csv", known)
    platform.land("regions/lines.jsonl", "\n".join(REGIONS).encode())
    platform.land("nobody/knows.csv", b"a,b\n1,2\n")
    send_twice(platform, "stores/good.csv", version)
    due = len(platform.target.ledger.due_objects("stores"))
    run = platform.json("run")
    quarantined = platform.table("quarantine.records", where=f"run_id = '{run['run']}'")
    return Landed(before, due, run, quarantined.to_pylist())


def send_twice(platform: Platform, key: str, version: str) -> None:
    """Two more events of an object that has had its own, and wait until they were looked at."""
    sqs, queue = platform.client("sqs"), platform.target.output("RegisterQueueUrl")
    bucket = platform.target.output("LandingBucket")
    event = {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-01-01T00:00:00Z",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key, "version-id": version}},
    }
    for _ in range(2):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def drained() -> bool:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
        return all(found[name] == "0" for name in counts)

    wait_until(drained, 60, "the register queue is empty")


def test_an_event_that_comes_again_counts_once(landed: Landed) -> None:
    assert landed.due == len(STORES) + 2


def test_every_record_has_one_outcome(platform: Platform, landed: Landed) -> None:
    stores = landed.run["datasets"]["stores"]
    assert stores["inserted"] == len(NEW_STORES)
    assert stores["duplicate"] == 2 * 2 + 25, "two copies of good.csv, and all that silver had"
    assert stores["quarantined"] == 4 + 2, "four unreadable objects, two records of mixed.csv"
    assert stores["source"] == 5 + 29 + 6
    regions = landed.run["datasets"]["regions"]
    assert (regions["source"], regions["inserted"], regions["quarantined"]) == (4, 1, 3)
    assert landed.run["datasets"].keys() == {"stores", "regions"}
    after = platform.books()
    for dataset, books in after.items():
        assert_balanced(books)
        added = landed.run["datasets"].get(dataset, {"source": 0, "quarantined": 0})
        for name in ("source", "quarantined"):
            assert books[name] - landed.before[dataset][name] == added[name], dataset


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated.csv.gz", "truncated gzip: it stops at byte "),
        ("header-twice.csv", "wrong header: column store_city stands there twice"),
        ("bad-utf8.csv", f"not UTF-8 at byte {STORES['bad-utf8.csv'].index(0xE9)}: "),
        ("nul.csv", f"NUL byte at byte {STORES['nul.csv'].index(0)}"),
    ],
)
def test_an_unreadable_object_is_one_record_with_its_reason(
    landed: Landed, name: str, reason: str
) -> None:
    ((found,),) = landed.reasons("stores", name)
    assert found.startswith(reason)


def test_a_bad_record_is_kept_with_every_reason_and_its_place(landed: Landed) -> None:
    wrong, short = landed.reasons("stores", "mixed.csv")
    assert sorted(wrong) == [
        "malformed region_id: 'x' is not int",
        "missing store_name",
        "store_country not one of Canada, Mexico, USA: 'Spain'",
    ]
    assert short == ["3 fields where the header has 24"]
    kept = [r for r in landed.quarantined if r["object"] == "stores/mixed.csv"]
    assert sorted(record["position"] for record in kept) == [2, 3]
    assert any('"9099"' in record["record"] for record in kept)
    assert any(record["record"] == '"9098,too,short"' for record in kept)


def test_bad_json_lines_are_kept_with_every_reason(landed: Landed) -> None:
    torn, wrong, array = landed.reasons("regions", "lines.jsonl")
    assert [reason.split(":")[0] for reason in torn] == ["not JSON"]
    assert sorted(reason.split(":")[0] for reason in wrong) == [
        "malformed region_id",
        "missing sales_country",
    ]
    assert array == ["not a JSON object but an array"]


@pytest.mark.parametrize("name", ["bom.csv", "empty.csv", "header-only.csv", "good.csv"])
def test_what_is_documented_to_pass_passes(landed: Landed, name: str) -> None:
    assert landed.reasons("stores", name) == []


def test_good_records_beside_bad_ones_reach_the_warehouse(
    platform: Platform, landed: Landed
) -> None:
    rows = platform.sql(
        "SELECT store_id, store_name FROM gold.dim_store WHERE store_id > 9000 ORDER BY store_id"
    )
    assert rows == [{"store_id": number, "store_name": "New"} for number in NEW_STORES]
    (region,) = platform.sql("SELECT region_id FROM gold.dim_region WHERE region_id > 9000")
    assert region == {"region_id": NEW_REGION["region_id"]}


def test_an_object_that_no_contract_claims_is_shown(platform: Platform, landed: Landed) -> None:
    assert platform.json("status")["unclaimed"] == ["nobody/knows.csv"]
