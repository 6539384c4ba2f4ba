from __future__ import annotations

from collections import Counter

import pytest

from embedded_aws.samples.faults import Fault, FaultSequence, FaultSettings

ALWAYS = FaultSettings(rates={Fault.BROKEN: 1.0})


def test_the_same_seed_gives_the_same_faults() -> None:
    first, again = FaultSequence(FaultSettings(seed=7)), FaultSequence(FaultSettings(seed=7))
    assert [first.next() for _ in range(200)] == [again.next() for _ in range(200)]


def test_faults_come_about_as_often_as_asked() -> None:
    sequence = FaultSequence(FaultSettings(rates={Fault.THROTTLED: 0.1, Fault.CUT: 0.05}))
    counts = Counter(sequence.next() for _ in range(10_000))
    assert 900 < counts[Fault.THROTTLED] < 1_100
    assert 400 < counts[Fault.CUT] < 600
    assert counts[Fault.BROKEN] == 0


def test_after_some_faults_running_a_request_succeeds() -> None:
    sequence = FaultSequence(ALWAYS)
    assert [sequence.next() for _ in range(4)] == [Fault.BROKEN, Fault.BROKEN, "", Fault.BROKEN]


def test_a_first_pull_meets_each_fault() -> None:
    sequence = FaultSequence(FaultSettings())
    met = {sequence.next() for _ in range(56)}
    assert met == {Fault.NONE, Fault.THROTTLED, Fault.BROKEN, Fault.CUT}


def test_a_source_that_is_down_stays_down() -> None:
    sequence = FaultSequence(FaultSettings(down=True))
    assert {sequence.next() for _ in range(10)} == {Fault.DOWN}


@pytest.mark.parametrize(
    "changes",
    [
        {"dwon": True},
        {"rates": {"404": 0.1}},
        {"rates": {"429": 0.8, "500": 0.8}},
        {"shape": ["till"]},
        {"shape": {"aded": ["till"]}},
        {"shape": {"added": "till"}},
        {"shape": {"renamed": {"id": 7}}},
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown|valid|rates|shape"):
        FaultSettings().changed(changes)
