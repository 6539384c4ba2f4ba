"""Jars from Maven Central by the Ivy that PySpark ships, pinned by version and SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bootstrap.layout import Layout
from bootstrap.process import certificate_bundle, run
from bootstrap.trouble import Trouble

_PASSWORD = "changeit"
"""Java's customary password of a trust store; it holds public certificates only."""

_TRUST_STORE = """
import re, sys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization import pkcs12
pem = open(sys.argv[1], "rb").read()
blocks = re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
entries = [
    pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(block), b"%d" % number)
    for number, block in enumerate(blocks)
]
store = pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(sys.argv[3].encode()))
open(sys.argv[2], "wb").write(store)
"""


@dataclass(frozen=True)
class Jar:
    """One artifact of Maven Central."""

    group: str
    artifact: str
    version: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """Its file's name."""
        return f"{self.artifact}-{self.version}.jar"


SPARK_JARS = (
    Jar(
        "org.apache.iceberg",
        "iceberg-spark-runtime-3.5_2.12",
        "1.10.0",
        "70f9471870b2d456167d703c829f098a446b86bb1379eee338c0efa03a341026",
        47_130_096,
    ),
    Jar(
        "org.apache.iceberg",
        "iceberg-aws-bundle",
        "1.10.0",
        "172370cfc32a5f1ae5399b210e86fc04a366dc29a112d97ac8ffc74df7525596",
        64_859_357,
    ),
)
"""Iceberg as Glue 5.1 has it."""

FOODMART = Jar(
    "net.hydromatic",
    "foodmart-data-hsqldb",
    "0.5",
    "92f02221aa510079982e7e971df4679185176d8fb9de052223cd9a9452ce199e",
    10_607_310,
)
"""The sample data (Apache License 2.0)."""


def fetch(layout: Layout, jar: Jar, directory: Path, java_home: Path) -> Path:
    """A jar in the cache, fetched unless it is there; what is there was checked when it came.

    Raises:
        Trouble: no network, or other bytes than those pinned.
    """
    target = directory / jar.name
    if target.is_file():
        return target
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(layout.cache), prefix=".ivy-") as scratch:
        fetched = Path(scratch) / jar.name
        command = [str(java_home / "bin" / "java"), *_java_options(layout, Path(scratch))]
        command += ["-jar", str(_ivy(layout)), "-cache", f"{scratch}/cache", "-notransitive"]
        command += ["-types", "jar", "-confs", "default"]
        command += ["-dependency", jar.group, jar.artifact, jar.version]
        command += ["-retrieve", f"{scratch}/[artifact]-[revision].[ext]"]
        run(f"fetching {jar.name}", command, place=layout.cache)
        _check(jar, fetched)
        fetched.replace(target)
    return target


def _check(jar: Jar, fetched: Path) -> None:
    content = fetched.read_bytes() if fetched.is_file() else b""
    found = hashlib.sha256(content).hexdigest()
    if found != jar.sha256:
        raise Trouble(
            f"{jar.name}: SHA-256 {found[:16]}… of {len(content):,} bytes, not {jar.sha256[:16]}…",
            "It isn't the file that was pinned, so it wasn't kept.",
            "Run the same again; if it stays so, the registry or a proxy serves something else.",
        )


def _ivy(layout: Layout) -> Path:
    return next((layout.packages / "pyspark" / "jars").glob("ivy-*.jar"))


def _java_options(layout: Layout, scratch: Path) -> list[str]:
    """The machine's certificate authorities and proxy, which Java doesn't look for itself."""
    options = [f"-Duser.home={scratch}", *_proxy("https"), *_proxy("http")]
    bundle = certificate_bundle()
    if bundle:
        store = scratch / "trust.p12"
        script = [str(layout.python), "-c", _TRUST_STORE, str(bundle), str(store), _PASSWORD]
        run("trusting the machine's certificates", script, place=scratch)
        options.append(f"-Djavax.net.ssl.trustStore={store}")
        options += [f"-Djavax.net.ssl.trustStorePassword={_PASSWORD}"]
        options += ["-Djavax.net.ssl.trustStoreType=PKCS12"]
    return options


def _proxy(scheme: str) -> list[str]:
    name = f"{scheme}_proxy"
    given: str | None = os.environ.get(name) or os.environ.get(name.upper())
    parts = urlsplit(given) if given else None
    if parts is None or not parts.hostname:
        return []
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return [f"-D{scheme}.proxyHost={parts.hostname}", f"-D{scheme}.proxyPort={port}"]
