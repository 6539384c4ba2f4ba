from __future__ import annotations

from collections.abc import Iterator

import pytest
from ministack.services import glue, stepfunctions
from ministack.services.cloudformation import provisioners

from tests.unit.support.glue import Bench, Glue


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Glue]:
    """Our actions in MiniStack, on its own state, emptied around a test."""
    for name in ("_create_job", "_update_job", "_start_job_run", "_get_job_run", "_get_job_runs"):
        monkeypatch.setattr(glue, name, getattr(glue, name))
    for name in ("_batch_stop_job_run", "_restore_state"):
        monkeypatch.setattr(glue, name, getattr(glue, name))
    monkeypatch.setattr(stepfunctions, "_run_execution", stepfunctions._run_execution)
    monkeypatch.setattr(provisioners, "_GLUE_JOB_DEFAULTS", dict(provisioners._GLUE_JOB_DEFAULTS))
    dispatch = dict(stepfunctions._SERVICE_DISPATCH)
    monkeypatch.setattr(stepfunctions, "_SERVICE_DISPATCH", dispatch)
    glue.reset()
    bench = Glue(Bench())
    bench.jobs.install()
    yield bench
    glue.reset()
