from __future__ import annotations

import pytest

from dataplatform.overtaken import ATTEMPTS, Overtaken, overtaken, until_not_overtaken


def test_work_is_done_again_until_nobody_comes_first() -> None:
    tries: list[int] = []

    def work() -> str:
        tries.append(1)
        if len(tries) < ATTEMPTS:
            raise overtaken("silver.orders")
        return "published"

    assert until_not_overtaken(work) == "published"
    assert len(tries) == ATTEMPTS


def test_it_is_given_up_after_some_attempts() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise overtaken("silver.orders")

    with pytest.raises(Overtaken, match=r"silver\.orders"):
        until_not_overtaken(work)
    assert len(tries) == ATTEMPTS


def test_another_error_is_not_tried_again() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        until_not_overtaken(work)
    assert len(tries) == 1
