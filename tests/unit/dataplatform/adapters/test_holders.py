"""Who still holds a table: asked of Glue, or told by the run that a call belongs to."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataplatform.adapters.holders import goes_on
from dataplatform.ledger.holders import Call, JobRun, holder
from dataplatform.ledger.records import Lease

RUN = "2026-11-21T10:00:00Z-aaaa"


def lease(owner: object) -> Lease:
    return Lease(name="table:silver.sales", owner=str(owner), token=1, until=2)


class Glue:
    """Glue, as far as it is asked."""

    def __init__(self, state: str = "", error: str = "") -> None:
        self.state, self.error = state, error
        self.asked: list[dict[str, str]] = []

    def get_job_run(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "GetJobRun")
        return {"JobRun": {"JobRunState": self.state}}


def nobody_asks() -> Any:
    raise AssertionError("Glue knows nothing of functions")


@pytest.mark.parametrize("owner", [JobRun("weir-dev-silver", "jr_1"), Call(RUN, "sales", "r-1")])
def test_an_owner_can_be_read_back(owner: JobRun | Call) -> None:
    assert holder(str(owner)) == owner


@pytest.mark.parametrize("owner", ["somebody", "a/b/c", "call/a/b", "other/a/b/c"])
def test_another_owner_is_nobody_known_and_keeps_what_it_holds(owner: str) -> None:
    assert holder(owner) is None
    assert goes_on(RUN, nobody_asks)(lease(owner))


@pytest.mark.parametrize(("of", "alive"), [(RUN, True), ("2026-11-20T10:00:00Z-bbbb", False)])
def test_a_call_goes_on_as_long_as_its_run(of: str, alive: bool) -> None:
    assert goes_on(RUN, nobody_asks)(lease(Call(of, "sales", "r-1"))) is alive


@pytest.mark.parametrize(
    ("state", "alive"),
    [("RUNNING", True), ("STOPPING", True), ("STOPPED", False), ("SUCCEEDED", False)],
)
def test_of_a_jobs_run_glue_is_asked(state: str, alive: bool) -> None:
    glue = Glue(state)
    assert goes_on(RUN, lambda: glue)(lease(JobRun("weir-dev-silver", "jr_1"))) is alive
    assert glue.asked == [{"JobName": "weir-dev-silver", "RunId": "jr_1"}]


def test_a_run_that_glue_has_forgotten_has_ended_and_a_refusal_is_no_answer() -> None:
    job = lease(JobRun("weir-dev-silver", "jr_1"))
    assert not goes_on(RUN, lambda: Glue(error="EntityNotFoundException"))(job)
    with pytest.raises(ClientError, match="AccessDenied"):
        goes_on(RUN, lambda: Glue(error="AccessDenied"))(job)
