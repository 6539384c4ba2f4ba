"""Where Spark, Java and the embedded AWS are, and how much of the laptop a job may take."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from embedded_aws import runtimes
from embedded_aws.errors import EmbeddedAwsError
from embedded_aws.state import StateDir
from embedded_aws.tls import TRUST_STORE_PASSWORD, Certificates

JARS_VARIABLE: Final = "WEIR_SPARK_JARS"
"""A directory of jars that wins over the one in the tools file."""

WARM_UP_VARIABLE: Final = "WEIR_SPARK_WARM_UP"
"""Set where jobs will run soon after the server's start: the JVM is warmed up at once."""

WARM: Final = "Spark is warm"
"""What the server's log says once a job wouldn't wait for the JVM."""

JVM_OPTIONS_VARIABLE: Final = "WEIR_SPARK_JVM_OPTIONS"
"""Options, separated by blanks, that win over `QUICK_JVM`: for heavy jobs and benchmarks."""

QUICK_JVM: Final = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    # One compiler alone gets 48 MB, which Spark's generated code fills within two jobs; a JVM
    # whose code cache is full compiles nothing any more.
    "-XX:ReservedCodeCacheSize=240m",
)
"""For small jobs on two cores. Measured (first job with JVM's start, then a warm MERGE of 10,000
rows and of a million; CPU and memory of the JVM after four small jobs):

| options                | first  | 10k    | 1M    | CPU  | RSS    |
|------------------------|--------|--------|-------|------|--------|
| none (C2, G1)          | 11.2 s | 0.9 s  | 3.0 s | 25 s | 720 MB |
| serial collector       | 9.2 s  | 0.9 s  | 3.1 s | 22 s | 570 MB |
| serial, first compiler | 8.1 s  | 0.6 s  | 4.9 s | 12 s | 520 MB |
"""


class SparkNotInstalled(EmbeddedAwsError):
    """Java, PySpark or Iceberg's jars are missing, so no Glue job can run."""


@dataclass(frozen=True, kw_only=True)
class SparkSettings:
    """One machine's Spark.

    Args:
        java: the `java` program of a Java 17.
        spark_home: the directory of the installed `pyspark`.
        jars: Iceberg's Spark runtime and its AWS bundle.
        python: runs the jobs' scripts; has the same PySpark.
        state: the server's state directory.
        endpoint: the embedded AWS as a job sees it.
        ca_bundle: PEM file for Python; "" where the endpoint isn't TLS.
        trust_store: the same for the JVM, or None.
        cores: task slots of a job.
        heap_mb: the JVM's heap; the process takes about 300 MB more.
        idle_seconds: how long a JVM without a job is kept.
        jvm_options: how it compiles and collects garbage.
    """

    java: str
    spark_home: Path
    jars: tuple[Path, ...]
    state: StateDir
    endpoint: str
    ca_bundle: str
    trust_store: Path | None
    python: str = sys.executable
    region: str = "us-east-1"
    cores: int = 2
    heap_mb: int = 2048
    idle_seconds: float = 600.0
    jvm_options: tuple[str, ...] = QUICK_JVM

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of the server that this code runs in.

        Raises:
            SparkNotInstalled: naming what is missing.
        """
        tools = runtimes.tools(environment)
        state = StateDir.current()
        trust_store = Certificates(state.tls).trust_store
        return cls(
            java=_java(tools, environment),
            spark_home=_spark_home(),
            jars=_iceberg_jars(environment.get(JARS_VARIABLE) or tools.get("jars", "")),
            state=state,
            endpoint=environment.get("AWS_ENDPOINT_URL")
            or f"https://127.0.0.1:{environment['GATEWAY_PORT']}",
            ca_bundle=environment.get("AWS_CA_BUNDLE", ""),
            trust_store=trust_store if trust_store.exists() else None,
            region=environment.get("MINISTACK_REGION", "us-east-1"),
            cores=min(os.cpu_count() or 2, 4),
            jvm_options=tuple(environment.get(JVM_OPTIONS_VARIABLE, "").split()) or QUICK_JVM,
        )

    def of_glue(self, version: str) -> Self | None:
        """These settings with the Spark of a Glue version; None where it isn't set up here.

        Raises:
            SparkNotInstalled: it is set up by half.
        """
        if version == runtimes.OWN_GLUE:
            return self
        runtime = runtimes.of_glue(version)
        if runtime is None:
            return None
        jars = _iceberg_jars(str(runtime.jars))
        return replace(self, python=str(runtime.python), spark_home=runtime.spark_home, jars=jars)

    @property
    def scratch(self) -> Path:
        """Shuffle files, downloads and sockets; emptied when the server stops."""
        return self.state.temporary / "spark"

    @property
    def log(self) -> Path:
        """What JVMs wrote outside of any job."""
        return self.state.logs / "spark.log"

    def aws_environment(self) -> dict[str, str]:
        """What points AWS clients of JVM and Python at the embedded AWS; no credentials."""
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return variables | ({"AWS_CA_BUNDLE": self.ca_bundle} if self.ca_bundle else {})

    def trust_store_options(self) -> tuple[str, ...]:
        """JVM options that make it trust the embedded AWS's certificate authority."""
        if self.trust_store is None:
            return ()
        return (
            f"-Djavax.net.ssl.trustStore={self.trust_store}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
            f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
        )


def _java(tools: Mapping[str, str], environment: Mapping[str, str]) -> str:
    for home in (tools.get("java_home"), environment.get("JAVA_HOME")):
        if home and (Path(home) / "bin" / "java").exists():
            return str(Path(home) / "bin" / "java")
    found = shutil.which("java", path=environment.get("PATH"))
    if found:
        return found
    raise SparkNotInstalled(
        "No Java was found (neither java_home of the tools, nor JAVA_HOME, nor PATH)",
        why="Glue jobs run on Spark, and Spark on Java 17.",
        remedy="Set up again: ./weir up",
    )


def _spark_home() -> Path:
    package = importlib.util.find_spec("pyspark")
    if package is None or package.origin is None:
        raise SparkNotInstalled(
            "pyspark isn't installed in this environment",
            why="Glue jobs run on it.",
            remedy="Set up again: ./weir up",
        )
    return Path(package.origin).parent


def _iceberg_jars(directory: str) -> tuple[Path, ...]:
    jars = tuple(sorted(Path(directory).glob("iceberg-*.jar"))) if directory else ()
    if len(jars) < 2:
        raise SparkNotInstalled(
            f"{directory or 'no directory of jars'} holds {len(jars)} of Iceberg's two jars",
            why="Glue jobs write Iceberg tables.",
            remedy="Set up again: ./weir up",
        )
    return jars
