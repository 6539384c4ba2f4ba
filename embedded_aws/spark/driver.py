"""The Python process of one Glue job: attaches to the warm JVM, runs the script, cleans up.

Runs as a program of its own and imports nothing of Weir: the script must find its modules in what
its job ships, as on Glue. Standard input carries the job as one line of JSON, then stays open as a
lifeline: when it ends, the server is gone and so is this process.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from py4j.protocol import Py4JJavaError
from pyspark import SparkContext
from pyspark.errors.exceptions.captured import CapturedException

_OWNED = ("spark.", "aws.")
"""System properties that belong to a job and go with it."""


def main() -> None:
    """Run the job that standard input describes; its outcome goes to a file, also on failure."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_server, name="lifeline", daemon=True).start()
    os.environ.update(job["environment"])
    failure = _run(job)
    if failure is not None:
        _print_traceback(failure, job["directory"])
    clean = _release()
    outcome = {"error": _message(failure) if failure else None, "clean": clean}
    Path(job["outcome"]).write_text(json.dumps(outcome))
    sys.exit(1 if failure else 0)


def _end_with_server() -> None:
    while sys.stdin.read(1):
        continue
    os._exit(1)


def _run(job: dict[str, Any]) -> BaseException | None:
    """Run the script; what it raised, or None on success."""
    try:
        directory = Path(job["directory"])
        files = [_download(uri, directory) for uri in job.get("python_files", ())]
        # Only the server names a script of its own; a job's is on S3.
        script = job.get("local_script") or _download(job["script"], directory)
        sys.path[:1] = [str(directory), *files]
        sys.argv = [script, *job.get("argv", ())]
        _attach(job["properties"], files)
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return None if end.code in (None, 0) else end
    except BaseException as failure:  # Whatever the script raises fails its run, as on Glue.
        return failure
    return None


def _download(uri: str, directory: Path) -> str:
    parts = urlsplit(uri)
    target = directory / Path(parts.path).name
    boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(target))
    return str(target)


def _attach(properties: dict[str, str], files: list[str]) -> None:
    """Give the JVM this job's settings and credentials, where a new SparkConf looks for them."""
    SparkContext._ensure_initialized()
    jvm: Any = SparkContext._jvm
    system = jvm.java.lang.System
    _clear(system)
    for name, value in properties.items():
        system.setProperty(name, value)
    system.setProperty("spark.executorEnv.PYTHONPATH", os.pathsep.join(files))


def _release() -> bool:
    """Stop whatever context is left and take the job's settings back; False if the JVM won't."""
    if SparkContext._jvm is None:
        return True
    try:
        jvm = SparkContext._jvm
        contexts = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$")
        active = contexts.getActive()
        if active.isDefined():
            active.get().stop()
        jvm.org.apache.spark.sql.SparkSession.clearDefaultSession()
        jvm.org.apache.spark.sql.SparkSession.clearActiveSession()
        _clear(jvm.java.lang.System)
    except Exception:  # The server then gives up this JVM, which cleans up as well.
        traceback.print_exc()
        return False
    return True


def _clear(system: Any) -> None:
    for name in list(system.getProperties().stringPropertyNames()):
        if name.startswith(_OWNED):
            system.clearProperty(name)


def _print_traceback(failure: BaseException, directory: str) -> None:
    """Print what the script's author would see without us: from the script's first frame on."""
    frames = failure.__traceback__
    while frames and not frames.tb_frame.f_code.co_filename.startswith(directory):
        frames = frames.tb_next
    traceback.print_exception(type(failure), failure, frames or failure.__traceback__)
    sys.stderr.flush()


def _message(failure: BaseException) -> str:
    """The last line of the traceback; of a Java exception, its causes without the stack."""
    if isinstance(failure, Py4JJavaError | CapturedException):
        lines = [line for line in str(failure).splitlines() if not _is_stack(line)]
        return f"{type(failure).__name__}: " + "\n".join(lines).strip()[:4000]
    return traceback.format_exception_only(failure)[-1].strip()[:4000]


def _is_stack(line: str) -> bool:
    return line.startswith(("\tat ", "\t... ", "JVM stacktrace:")) or not line.strip()


if __name__ == "__main__":
    main()
