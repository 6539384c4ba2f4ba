"""A stage's runtime beside Python 3.11 and Glue 5.1: its Python, Spark and jars, made where asked.

Made once a machine, in the cache, and only where `runtime` of the stage that runs on laptops names
it in cdk.json: half a gigabyte that nobody else needs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bootstrap import environment, locks, maven
from bootstrap.layout import Layout
from bootstrap.locks import Lock
from bootstrap.process import run
from bootstrap.progress import step
from bootstrap.trouble import Trouble, disk_full, free_bytes

_STAGE = "dev"
"""The stage that the embedded AWS runs."""

_NEEDED_BYTES = 2_000_000_000
_READY = "ready"
"""A file that is written last, so that what was broken off is begun again."""


@dataclass(frozen=True)
class Runtime:
    """What a Glue version has, for a laptop.

    name: as `runtime` in cdk.json says it.
    python: of jobs and functions.
    """

    name: str
    python: str
    lock: Lock
    jars: tuple[maven.Jar, ...]

    def home(self, layout: Layout) -> Path:
        """Its environment, which all checkouts with these pins share."""
        pins = [self.lock.file(layout.project).read_text(), *(jar.sha256 for jar in self.jars)]
        digest = hashlib.sha256("\n".join(pins).encode()).hexdigest()
        return layout.cache / "runtimes" / f"{self.name}-{digest[:12]}"


_ALL = (
    Runtime(
        "glue-6.0",
        "3.13",
        locks.GLUE_6_0,
        (
            maven.Jar(
                "org.apache.iceberg",
                "iceberg-spark-runtime-4.1_2.13",
                "1.11.0",
                "d6ea6c5d099288daeb7d5a92061bd3d7d8f296492632b42378e5f2f0e3066242",
                47_959_591,
            ),
            maven.Jar(
                "org.apache.iceberg",
                "iceberg-aws-bundle",
                "1.11.0",
                "38f01da7e96850cdd05e6616d758b77b43314b712a8808e3f9a824d56976162f",
                63_613_165,
            ),
        ),
    ),
)


def wanted(layout: Layout) -> Runtime | None:
    """The runtime that has to be made; None for what the project's environment has.

    What is wrong in cdk.json is for synthesis to tell.
    """
    try:
        configured = json.loads((layout.project / "cdk.json").read_text())
        name = configured["context"]["stages"][_STAGE]["runtime"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return next((runtime for runtime in _ALL if runtime.name == name), None)


def ensure(layout: Layout, runtime: Runtime, java_home: Path) -> Path:
    """Its directory, made unless it is there.

    Raises:
        Trouble: no such Python, no network, or no space.
    """
    home = runtime.home(layout)
    if (home / _READY).is_file():
        return home
    if free_bytes(layout.cache) < _NEEDED_BYTES:
        raise disk_full(runtime.name, layout.cache)
    uv = environment.ensure_uv(layout)
    with step(f"{runtime.name}: Python {runtime.python}, Spark"):
        _make_environment(layout, runtime, uv, home)
    with step(f"{runtime.name}: Iceberg"):
        for jar in runtime.jars:
            maven.fetch(layout, jar, home / "jars", java_home)
    (home / _READY).touch()
    return home


def _make_environment(layout: Layout, runtime: Runtime, uv: Path, home: Path) -> None:
    python = find_python(runtime.python) or runtime.python
    command = [str(uv), "venv", "--quiet", "--clear", "--python", python, str(home)]
    try:
        run(f"making an environment with Python {runtime.python}", command, place=layout.cache)
    except Trouble as trouble:
        raise Trouble(
            f"No Python {runtime.python} was found here, and none could be fetched",
            f"Stage {_STAGE} is set to {runtime.name}: its functions and jobs run on no other, "
            "because the packages in their layers are compiled for it.",
            f"Install python{runtime.python}, or set "
            f'"runtime": "glue-5.1" for {_STAGE} in cdk.json.',
        ) from trouble
    pins = str(runtime.lock.file(layout.project))
    target = str(home / "bin" / "python")
    install = [str(uv), "pip", "sync", "--require-hashes", "--python", target, pins]
    run(f"installing {runtime.name}'s packages", install, place=layout.cache)


def find_python(version: str) -> str | None:
    """One on this machine that really runs: pyenv's shims are on the PATH, and may lead nowhere."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [shutil.which(f"python{version}")]
    candidates += map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None
