"""Runs Glue jobs one after another: in order, in the warm JVM, each under its role's session."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ministack.core.responses import request_scope

from embedded_aws.errors import StartFailed
from embedded_aws.runtimes import OWN_GLUE
from embedded_aws.spark.credentials import GLUE, RoleNotAssumable, RoleSession, assume
from embedded_aws.spark.jvm import Jvm
from embedded_aws.spark.logs import LogStream
from embedded_aws.spark.outcomes import Outcome, judged
from embedded_aws.spark.process import DriverProcess
from embedded_aws.spark.properties import job_properties, laptop_properties
from embedded_aws.spark.runs import INTERRUPTED, JobRun
from embedded_aws.spark.settings import WARM, SparkSettings

logger = logging.getLogger("weir.spark")

_WARM_UP: Final = Path(__file__).with_name("warm_up.py")
_WARM_UP_SECONDS: Final = 120.0
_START_SECONDS: Final = 180.0
_SESSION_SLACK_SECONDS: Final = 3600.0


class JobRunner:
    """A queue of runs, and the thread and the JVM that work through it.

    `after` is called with each run that has ended.
    """

    def __init__(self, settings: SparkSettings) -> None:
        self.after: Callable[[JobRun], None] = lambda run: None
        self._settings = settings
        self._queue: queue.Queue[JobRun | None] = queue.Queue()  # None: warm up
        self._lock = threading.Lock()
        self._jvm: Jvm | None = None
        self._current: JobRun | None = None
        self._driver: DriverProcess | None = None
        self._jvm_log: Callable[[str], None] | None = None
        self._worker: threading.Thread | None = None
        self._closed = False

    def submit(self, run: JobRun) -> None:
        """Queue a run; it starts when those before it have ended."""
        self._queue.put(run)
        self._ensure_worker()

    def warm_up(self) -> None:
        """Start a JVM in the background and use it once; a run that comes meanwhile waits."""
        self._queue.put(None)
        self._ensure_worker()

    def stop(self, run: JobRun) -> None:
        """End a run: its driver is killed, and so is the JVM, which may be at work for it.

        The run is STOPPING until both are gone; one that hasn't begun is STOPPED at once.
        """
        with self._lock:
            run.verdict = run.verdict or "STOPPED"
            if self._current is run and self._driver is not None:
                run.stopping()
                self._driver.kill()
            else:
                run.ended(run.verdict)

    def close(self) -> None:
        """End the current job and the JVM, for good: no process is left."""
        with self._lock:
            self._closed = True
            if self._current is not None:
                self._current.ended("FAILED", INTERRUPTED)
            if self._driver is not None:
                self._driver.kill()
            if self._jvm is not None:
                self._jvm.kill()
                self._jvm = None

    def _ensure_worker(self) -> None:
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="spark-jobs", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while not self._closed:
            try:
                run = self._queue.get(timeout=self._settings.idle_seconds)
            except queue.Empty:
                self._discard_jvm()
                continue
            if run is None:
                self._warm_up()
                continue
            with request_scope(run.account, run.region):
                try:
                    self._execute(run)
                except Exception as error:  # Else this thread ends, and no job runs any more.
                    logger.exception("run %s", run.id)
                    run.ended("FAILED", f"{type(error).__name__}: {error}")
                if not self._closed:
                    self.after(run)

    def _execute(self, run: JobRun) -> None:
        if run.verdict:
            return  # It was stopped while it waited.
        try:
            session = assume(
                str(run.job.get("Role", "")),
                service=GLUE,
                session_name="GlueJobRunnerSession",
                seconds=run.timeout_seconds + _SESSION_SLACK_SECONDS,
            )
        except RoleNotAssumable as refusal:
            run.ended("FAILED", str(refusal))
            return
        try:
            outcome = self._run_driver(run, session)
        except StartFailed as failure:
            outcome = Outcome("FAILED", str(failure), clean=False)
        finally:
            session.close()
        if not outcome.clean:
            self._discard_jvm()
        run.ended(outcome.state, outcome.error)

    def _run_driver(self, run: JobRun, session: RoleSession) -> Outcome:
        output, error = _log_stream(run, "output"), _log_stream(run, "error")
        for name in run.arguments.ignored:
            error.write(f"{name} has no effect in the embedded AWS")
        settings = self._spark_of(run, error.write)
        with self._lock:
            jvm = self._ensure_jvm(settings)
        gateway = jvm.gateway(_START_SECONDS)
        directory = Path(tempfile.mkdtemp(prefix="job-", dir=settings.scratch))
        self._jvm_log = error.write
        try:
            with self._lock:
                if run.verdict:
                    return Outcome(run.verdict)  # It was stopped while it waited for the JVM.
                driver = DriverProcess(settings, output.write, error.write)
                self._current, self._driver = run, driver
                run.running()
            job = {
                "environment": {
                    **settings.aws_environment(),
                    **session.environment(),
                    **gateway.environment(),
                },
                "properties": job_properties(settings, run, session, directory),
                "directory": str(directory),
                "outcome": str(directory / "outcome.json"),
                "script": run.arguments.script,
                "python_files": run.arguments.python_files,
                "argv": run.arguments.argv,
            }
            return self._await_driver(run, driver, job)
        finally:
            self._jvm_log = None
            with self._lock:
                self._current = self._driver = None
            shutil.rmtree(directory, ignore_errors=True)

    def _warm_up(self) -> None:
        """What goes wrong here costs a first job its time and nothing else: the log has it."""
        directory = Path(tempfile.mkdtemp(prefix="job-", dir=self._scratch()))
        outcome = directory / "outcome.json"
        try:
            with self._lock:
                jvm = self._ensure_jvm(self._settings)
            gateway = jvm.gateway(_START_SECONDS)
            with self._lock:
                if self._closed:
                    return
                driver = DriverProcess(self._settings, self._write_log, self._write_log)
                self._driver = driver
            job = {
                "environment": {**self._settings.aws_environment(), **gateway.environment()},
                "properties": laptop_properties(self._settings, "warm-up", directory),
                "directory": str(directory),
                "outcome": str(outcome),
                "local_script": str(_WARM_UP),
            }
            status = driver.run(job, _WARM_UP_SECONDS)
            told = json.loads(outcome.read_text()) if outcome.exists() else {"clean": False}
            if not told["clean"]:
                self._discard_jvm()
            if status == 0:
                logger.info(WARM)
            elif not self._closed:
                logger.warning("Spark isn't warm: see %s", self._settings.log)
        except (StartFailed, subprocess.TimeoutExpired, OSError):
            logger.exception("warm-up")
            self._discard_jvm()
        finally:
            with self._lock:
                self._driver = None
            shutil.rmtree(directory, ignore_errors=True)

    def _scratch(self) -> Path:
        self._settings.scratch.mkdir(parents=True, exist_ok=True)
        return self._settings.scratch

    def _await_driver(self, run: JobRun, driver: DriverProcess, job: dict[str, Any]) -> Outcome:
        try:
            status = driver.run(job, run.timeout_seconds)
        except subprocess.TimeoutExpired:
            run.verdict = run.verdict or "TIMEOUT"
            status = -1
        return judged(run, status, Path(job["outcome"]))

    def _spark_of(self, run: JobRun, say: Callable[[str], None]) -> SparkSettings:
        """The Spark of the job's Glue version, or this environment's, which then is said."""
        version = str(run.job.get("GlueVersion") or OWN_GLUE)
        settings = self._settings.of_glue(version)
        if settings is None:
            say(f"Glue {version} isn't set up here: this run has the Spark of Glue {OWN_GLUE}")
        return settings or self._settings

    def _ensure_jvm(self, settings: SparkSettings) -> Jvm:
        """The JVM, started if none has this Spark; call with the lock held.

        Raises:
            StartFailed: the runner is closed.
        """
        if self._closed:
            raise StartFailed(INTERRUPTED)
        if self._jvm is not None and self._jvm.spark_home != settings.spark_home:
            self._jvm.kill()
        if self._jvm is None or not self._jvm.alive:
            self._jvm = Jvm(settings, self._write_jvm_line)
        return self._jvm

    def _discard_jvm(self) -> None:
        with self._lock:
            jvm, self._jvm = self._jvm, None
        if jvm is not None:
            jvm.kill()

    def _write_jvm_line(self, line: str) -> None:
        write = self._jvm_log
        if write is not None:
            write(line)
        self._write_log(line)

    def _write_log(self, line: str) -> None:
        with self._settings.log.open("a") as log:
            log.write(line)


def _log_stream(run: JobRun, kind: str) -> LogStream:
    group = f"{run.arguments.log_prefix}/{kind}"
    return LogStream(group, run.id, account=run.account, region=run.region)
