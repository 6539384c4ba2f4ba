"""Tables beside each other: as many as allowed, never before what they are made from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from glue_jobs import side_by_side
from glue_jobs.runtime import Job

SECONDS = 60
Jobs = Callable[..., Job]
STAR = {"customer": (), "store": (), "fact": (), "report": ("fact", "store"), "top": ("report",)}


class Works:
    """Notes what is worked on; a name in `failing` raises."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, job: Job, name: str) -> None:
        with self._lock:
            self.begun.append(name)
            self._now += 1
            self.most = max(self.most, self._now)
        job.spark.range(10).count()
        with self._lock:
            self._now -= 1
            if name in self.failing:
                raise ValueError(f"bad {name}")
            self.ended.append(name)


def test_nothing_begins_before_what_it_is_made_from(job: Jobs) -> None:
    work = Works()

    def checked(own: Job, name: str) -> None:
        assert set(STAR[name]) <= set(work.ended), (name, work.ended)
        work(own, name)

    side_by_side.in_order(job(at_once=3), STAR, checked)
    assert sorted(work.ended) == sorted(STAR)
    assert work.ended[-2:] == ["report", "top"]


def test_what_others_are_made_from_begins_first(job: Jobs) -> None:
    work = Works()
    side_by_side.in_order(job(at_once=1), STAR, work)
    assert set(work.begun[:2]) == {"fact", "store"}


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_tables_than_allowed_are_worked_on_at_once(job: Jobs, at_once: int) -> None:
    work = Works()
    side_by_side.each(job(at_once=at_once), [str(number) for number in range(6)], work)
    assert work.most <= at_once
    assert len(work.ended) == 6


def test_two_tables_are_worked_on_together(job: Jobs) -> None:
    both = threading.Barrier(2, timeout=SECONDS)
    # Neither passes the barrier before the other is there.
    side_by_side.each(job(at_once=2), ["a", "b"], lambda own, name: _pass(both))
    side_by_side.in_order(job(at_once=2), {"a": (), "b": ()}, lambda own, name: _pass(both))


def _pass(barrier: threading.Barrier) -> None:
    barrier.wait()


def test_after_a_failure_what_needs_it_does_not_begin(job: Jobs) -> None:
    work = Works("fact")
    with pytest.raises(ValueError, match="bad fact"):
        side_by_side.in_order(job(at_once=2), STAR, work)
    assert not {"report", "top"} & set(work.begun)


def test_a_failure_that_work_lets_out_is_raised_after_all_the_others(job: Jobs) -> None:
    work = Works("b")
    with pytest.raises(ValueError, match="bad b"):
        side_by_side.each(job(at_once=2), ["a", "b", "c", "d"], work)
    assert sorted(work.ended) == ["a", "c", "d"]


def test_each_thread_has_its_session_its_turns_and_its_ledger(job: Jobs) -> None:
    one = job(at_once=2)
    seen = {}

    def look(own: Job, name: str) -> None:
        jvm = own.spark.sparkContext._jvm
        assert jvm is not None
        active = jvm.org.apache.spark.sql.SparkSession.getActiveSession()
        pool = own.spark.sparkContext.getLocalProperty("spark.scheduler.pool")
        seen[name] = (active.isDefined(), pool, own.ledger is one.ledger)

    side_by_side.each(one, ["a", "b"], look)
    assert seen == {name: (True, name, False) for name in ("a", "b")}


def test_threads_of_one_run_hold_a_lease_one_after_the_other(job: Jobs) -> None:
    one = job()
    inside: list[int] = []

    def hold(number: int) -> int:
        with one.beside().lease("table#quarantine") as held:
            inside.append(number)
            assert inside[-1:] == [number]
            one.spark.range(10).count()
            assert inside.pop() == number
            holder = one.ledger.lease_holder("table#quarantine")
            assert holder is not None
            assert holder.token == held.token
            return held.token

    with ThreadPoolExecutor(4) as threads:
        tokens = list(threads.map(hold, range(4)))
    assert sorted(tokens) == [1, 2, 3, 4]
    assert one.ledger.lease_holder("table#quarantine") is None
