"""One warm JVM for all Glue jobs, with a gateway that a job's Python process attaches to.

Why one, and a SparkContext a job: classes stay loaded and compiled from job to job, which is most
of what a small job costs, and two jobs share a laptop's cores badly. A new context gives each job
its own static settings and credentials, and drops its sessions, catalogues and caches at its end.
The JVM ends when its standard input does, so it can't outlive the server, however that ends.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from embedded_aws.errors import StartFailed
from embedded_aws.spark.settings import SparkSettings

_MODULES: Final = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.security.action",
    "java.base/sun.util.calendar",
    "java.security.jgss/sun.security.krb5",
)
"""What Spark reaches into on Java 17; its own launcher opens the same (JavaModuleOptions)."""

_LOGGING: Final = Path(__file__).with_name("log4j2.properties")
_POLL_SECONDS: Final = 0.05
_GRACE_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Gateway:
    """How a Python process attaches to a JVM."""

    port: int
    secret: str

    def environment(self) -> dict[str, str]:
        """Variables that PySpark reads."""
        return {"PYSPARK_GATEWAY_PORT": str(self.port), "PYSPARK_GATEWAY_SECRET": self.secret}


class Jvm:
    """A Java process with a py4j gateway.

    Args:
        settings: the machine's Spark.
        write: gets each line that the JVM prints, on a thread of its own.
    """

    def __init__(self, settings: SparkSettings, write: Callable[[str], None]) -> None:
        self.spark_home = settings.spark_home
        settings.scratch.mkdir(parents=True, exist_ok=True)
        self._directory = Path(tempfile.mkdtemp(prefix="jvm-", dir=settings.scratch))
        self._connection = self._directory / "connection"
        self._write = write
        self._process = subprocess.Popen(
            _command(settings, self._directory),
            cwd=self._directory,
            env=_environment(settings, self._connection),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name="spark-jvm-output", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The Java process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def gateway(self, seconds: float) -> Gateway:
        """Wait for the gateway.

        Raises:
            StartFailed: the JVM ended, or wasn't ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self._connection.exists():
            if not self.alive:
                raise StartFailed(
                    f"Spark's JVM ended with status {self._process.returncode} while starting",
                    why="No Glue job can run without it.",
                    remedy="Its output is in logs/spark.log of the state directory.",
                )
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"Spark's JVM wasn't ready after {seconds:.0f} s",
                    why="No Glue job can run without it.",
                    remedy="Is the machine out of memory or very busy?",
                )
            time.sleep(_POLL_SECONDS)
        return _read_connection(self._connection)

    def stop(self) -> None:
        """End the process, by force if it must be, and remove its files."""
        stdin = self._process.stdin
        if stdin and not stdin.closed:
            stdin.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._write(line)


def _command(settings: SparkSettings, directory: Path) -> list[str]:
    classpath = [str(settings.spark_home / "jars" / "*"), *map(str, settings.jars)]
    return [
        settings.java,
        *(f"--add-opens={module}=ALL-UNNAMED" for module in _MODULES),
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
        *settings.trust_store_options(),
        f"-Dlog4j2.configurationFile={_LOGGING}",
        f"-Djava.io.tmpdir={directory}",
        "-Duser.timezone=UTC",
        f"-Xmx{settings.heap_mb}m",
        "-Xss4m",
        *settings.jvm_options,
        "-cp",
        os.pathsep.join(classpath),
        "org.apache.spark.api.python.PythonGatewayServer",
    ]


def _environment(settings: SparkSettings, connection: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        **settings.aws_environment(),
        "SPARK_HOME": str(settings.spark_home),
        "SPARK_LOCAL_DIRS": str(connection.parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": settings.python,
        "PYSPARK_PIN_THREAD": "true",
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection),
    }


def _read_connection(path: Path) -> Gateway:
    content = path.read_bytes()
    port, length = struct.unpack_from("!ii", content)
    return Gateway(port, content[8 : 8 + length].decode())
