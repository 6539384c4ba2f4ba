"""What waits because of its shape is named, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cli.screen import Exit
from dataplatform.drift.model import Drift, Kind
from dataplatform.ledger import Ledger
from dataplatform.plans.model import Column, PlatformPlan
from tests.unit.cli.conftest import RUN, FakeTarget
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

Weir = Callable[..., tuple[int, str, str]]
STORES = replace(
    dataset("stores"), columns=(Column(name="store_name", type="string"),), ordering=""
)
NEW = Drift(kind=Kind.NEW, column="size", found="int", expected="", breaking=False, remedy="r")


@dataclass
class Stage(FakeTarget):
    """A stage with a true ledger of drift beside the fake one of runs."""

    books: Ledger
    plan: PlatformPlan = platform((STORES,))  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__init__()
        for name in ("waiting_objects", "open_drift", "totals", "queued"):
            setattr(self.ledger, name, getattr(self.books, name))


@pytest.fixture
def stage(target: FakeTarget, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Stage:
    from cli.target import Target

    found = Stage(ledger)
    monkeypatch.setattr(Target, "choose", lambda stage: found)
    for number in range(7):
        ledger.hold_back(
            landed(f"{number}.csv", dataset="stores", at=f"2026-11-21T09:0{number}:00Z"),
            digest=STORES.digest,
            why='column store_name is missing; "title" looks like it',
            run_id=RUN.run_id,
        )
    return found


@pytest.mark.parametrize("verb", [("run",), ("status", "--run", RUN.run_id)])
def test_a_run_names_what_waits_and_ends_with_data_waiting(
    weir: Weir, stage: Stage, verb: tuple[str, ...]
) -> None:
    code, out, _ = weir(*verb)
    assert code == Exit.DATA_WAITING
    said = "stores/0.csv (100 B) waits since 2026-11-21T10:00:00Z: column store_name"
    assert said in out
    assert "and 2 more of stores" in out
    assert "no ordering column" in out
    assert "./weir run stores --accept" in out
    _, out, _ = weir(*verb, "--json")
    waiting = json.loads(out)["waiting"]
    assert [found["object"] for found in waiting] == [f"stores/{n}.csv" for n in range(7)]
    assert waiting[0]["dataset"] == "stores"


def test_status_names_what_waits_and_what_is_new(weir: Weir, stage: Stage) -> None:
    stage.books.note_drift("stores", NEW, seen_in="stores/0.csv", objects=3)
    code, out, _ = weir("status")
    assert code == Exit.DONE
    assert "stores/0.csv (100 B) waits since" in out
    assert 'stores has drifted: new column "size" (int)' in out
    assert "./weir contracts propose stores" in out
    shown: dict[str, Any] = json.loads(weir("status", "--json")[1])
    assert shown["drift"][0]["column"] == "size"
    assert len(shown["waiting"]) == 7


@pytest.mark.parametrize("verb", [("run",), ("status", "--run", RUN.run_id), ("status",)])
def test_what_waits_behind_is_counted_with_what_releases_it(
    weir: Weir, stage: Stage, verb: tuple[str, ...]
) -> None:
    for minute in (1, 30, 31):  # the first of them came between two that break the contract
        at = f"2026-11-21T09:{minute:02}:30Z"
        stage.books.register_object(landed(f"good{minute}.csv", dataset="stores", at=at, size=1500))
    _, out, _ = weir(*verb)
    said = "3 objects (4.5 kB) wait behind stores/0.csv, the first since 2026-11-21T09:01:30Z"
    assert f"{said}: stores has no ordering column." in out
    assert "./weir run stores --accept" in out
    (queue,) = json.loads(weir(*verb, "--json")[1])["behind"]
    assert queue == {
        "dataset": "stores",
        "behind": "stores/0.csv",
        "since": "2026-11-21T09:01:30Z",
        "objects": 3,
        "bytes": 4500,
        "released_by": "./weir run stores --accept",
    }


def test_status_says_what_is_in_no_books_yet(weir: Weir, stage: Stage) -> None:
    stage.books.register_object(landed("good.csv", dataset="stores", size=1500))
    assert "In landing and in no books yet: stores 7 objects (700 B)" in weir("status")[1]
    late = landed("late.csv", dataset="stores", size=1500, at="2026-11-21T10:00:00Z")
    stage.books.register_object(late)
    assert "In landing and in no books yet: stores 8 objects (2.2 kB)" in weir("status")[1]


def test_a_contract_that_has_changed_since_is_said(weir: Weir, stage: Stage) -> None:
    stage.plan = platform((replace(STORES, digest="mended"),))
    _, out, _ = weir("status")
    assert "Its contract has changed since: the next run looks at it again." in out


def test_nothing_is_accepted_that_nobody_names(weir: Weir, stage: Stage) -> None:
    code, _, said = weir("run", "--accept")
    assert code == Exit.USAGE
    assert "./weir run DATASET --accept" in said
