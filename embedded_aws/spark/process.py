"""The driver process of one run, seen from the server: fed, watched and, if it must be, killed."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from embedded_aws.spark.settings import SparkSettings

_PROGRAM: Final = Path(__file__).with_name("driver.py")
_DRAIN_SECONDS: Final = 5.0
"""How long its last output may take; a grandchild that holds the pipe open doesn't hold us."""


class DriverProcess:
    """A Python process that waits for its job on standard input.

    Args:
        settings: the machine's Spark.
        output: gets each line of standard output.
        error: gets each line of standard error.
    """

    def __init__(
        self, settings: SparkSettings, output: Callable[[str], None], error: Callable[[str], None]
    ) -> None:
        self._process = subprocess.Popen(
            [settings.python, "-u", str(_PROGRAM)],
            cwd=settings.scratch,
            env=_environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._readers = [_copy(self._process.stdout, output), _copy(self._process.stderr, error)]

    def run(self, job: Mapping[str, Any], seconds: float) -> int:
        """Hand over the job and wait for its end; the exit status.

        Raises:
            subprocess.TimeoutExpired: it runs for longer than `seconds`; it has been killed.
        """
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(job) + "\n")
            stdin.flush()
            self._process.wait(seconds)
        except BrokenPipeError:  # It is dead already; its status tells.
            self._process.wait()
        finally:
            self.kill()
            for reader in self._readers:
                reader.join(_DRAIN_SECONDS)
            with suppress(BrokenPipeError):
                stdin.close()
        return self._process.returncode

    def kill(self) -> None:
        """End the process at once, if it hasn't ended."""
        self._process.kill()
        self._process.wait()


def _environment(settings: SparkSettings) -> dict[str, str]:
    """Little of the server's: its credentials are not the job's."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        "PYSPARK_PYTHON": settings.python,
        "SPARK_HOME": str(settings.spark_home),
        "TMPDIR": str(settings.scratch),
        "TZ": "UTC",
    }


def _copy(stream: IO[str] | None, write: Callable[[str], None]) -> threading.Thread:
    def copy() -> None:
        assert stream is not None
        with stream:
            for line in stream:
                write(line)

    thread = threading.Thread(target=copy, name="spark-job-output", daemon=True)
    thread.start()
    return thread
