"""A run with nothing to do, beside what a pipeline without a ledger would do: start both jobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from benchmarks.measure import WEIR, Figure, answer, output, seconds

_TIMES = 3

_COUNT = """
import json
from cli.target import Target
target = Target.choose(None)
glue = target.client("glue")
names = [target.output(job) for job in ("StageJob", "SilverJob", "GoldJob")]
print(json.dumps({name: len(glue.get_job_runs(JobName=name)["JobRuns"]) for name in names}))
"""

_FORCE = """
import json, sys, time
from cli.target import Target
target = Target.choose(None)
glue, taken = target.client("glue"), []
for _ in range(int(sys.argv[2])):
    began = time.monotonic()
    for job in (target.output("SilverJob"), target.output("GoldJob")):
        arguments = {"--run_id": sys.argv[1]}
        run_id, state = glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"], ""
        while state != "SUCCEEDED":
            time.sleep(0.1)  # Glue is polled; it calls nobody
            state = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"]
            if state in ("FAILED", "TIMEOUT", "STOPPED", "ERROR"):
                raise SystemExit(f"{job}: {state}")
    taken.append(time.monotonic() - began)
print(json.dumps(sorted(taken)[len(taken) // 2]))
"""


def run() -> list[Figure]:
    """On the platform that is up."""
    return [measure({})]


def measure(environment: Mapping[str, str]) -> Figure:
    """Median of some runs of each kind, on a platform that has nothing new.

    Raises:
        RuntimeError: an idle run started a job, or a forced job failed.
    """
    before = _job_runs(environment)
    idle = seconds([WEIR, "run"], environment, times=_TIMES)
    after = _job_runs(environment)
    if before != after:
        raise RuntimeError(f"an idle run started Glue jobs: {before} → {after}")
    last = answer(environment, "status")["runs"][0]["run"]
    forced = output([sys.executable, "-c", _FORCE, last, str(_TIMES)], environment)
    return Figure(
        name="./weir run, nothing new",
        value=idle,
        unit="s",
        target=15,
        rival="the silver and gold jobs started by StartJobRun, with nothing to do",
        rival_value=float(json.loads(forced)),
        note=f"Glue runs before and after: {sum(before.values())} and {sum(after.values())}",
    )


def _job_runs(environment: Mapping[str, str]) -> dict[str, int]:
    """How many runs each Glue job has had."""
    return dict(json.loads(output([sys.executable, "-c", _COUNT], environment)))
