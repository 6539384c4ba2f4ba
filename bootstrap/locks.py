"""The lock files, and how they are compiled from pyproject.toml: `./weir lock`.

The largest set is resolved first and constrains the others, so that one environment can hold all.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OPTIONS: Final = (
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


@dataclass(frozen=True)
class Lock:
    """One lock file: its source, the extras of pyproject.toml that it takes, its first lines."""

    path: str
    source: str
    header: str
    extras: tuple[str, ...] = ()
    options: tuple[str, ...] = ("--universal",)
    python: str = "3.11"

    def file(self, project: Path) -> Path:
        """Where it stands in a checkout."""
        return project / self.path


TEST: Final = Lock(
    "requirements-test.txt",
    "pyproject.toml",
    "What `./weir test` needs: the extras `up` and `test` (pytest, moto, the linters).",
    ("up", "test"),
)
UP: Final = Lock(
    "requirements-up.txt",
    "pyproject.toml",
    "What `./weir up` needs: the extra `up` (the embedded AWS, Spark, awswrangler, the CLI).",
    ("up",),
)
DEPLOY: Final = Lock(
    "requirements.txt",
    "pyproject.toml",
    "What `cdk deploy` needs. awswrangler comes with requirements-up.txt, pytest and moto with\n"
    "# requirements-test.txt; `./weir` installs each where it is needed, all in one environment.",
)
LAKE_LAYER: Final = Lock(
    "layers/lake.txt",
    "layers/lake.in",
    "The lake layer: Iceberg and DuckDB on Lambda's Python 3.11.",
    options=("--python-platform=x86_64-manylinux_2_28", "--only-binary=:all:"),
)
BASE_LAYER: Final = Lock(
    "layers/base.txt",
    "layers/base.in",
    "The base layer: structured logs and batch processing in every function.",
    options=("--python-platform=x86_64-manylinux_2_28", "--only-binary=:all:"),
)
GLUE_6_0: Final = Lock(
    "bootstrap/glue-6.0.txt",
    "bootstrap/glue-6.0.in",
    "Glue 6.0 on a laptop: its Spark, in an environment of its own.",
    python="3.13",
)
UV: Final = Lock("bootstrap/uv.txt", "bootstrap/uv.in", "uv itself, installed by pip.")

ALL: Final = (TEST, UP, DEPLOY, LAKE_LAYER, BASE_LAYER, GLUE_6_0, UV)


def compile_all(uv: Path, project: Path, upgrade: bool = False) -> None:
    """Compile every lock file anew; versions already locked stay unless `upgrade`.

    Raises:
        subprocess.CalledProcessError: where no versions satisfy all.
    """
    for lock in ALL:
        _compile(uv, project, lock, upgrade)


def _compile(uv: Path, project: Path, lock: Lock, upgrade: bool) -> None:
    command = [str(uv), "pip", "compile", lock.source, "--output-file", lock.path]
    command += [*_OPTIONS, f"--python-version={lock.python}", *lock.options]
    for extra in lock.extras:
        command += ["--extra", extra]
    if upgrade:
        command.append("--upgrade")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        if lock is not TEST:
            constraints.write(_constraints(project, lock))
            constraints.flush()
            command += ["--constraints", constraints.name]
        subprocess.run(command, cwd=project, check=True)
    pins = "".join(
        line
        for line in lock.file(project).read_text().splitlines(keepends=True)
        if not line.startswith("#")
    )
    origin = f"# Compiled from {lock.source} by `./weir lock`; edit that, not this.\n"
    lock.file(project).write_text(f"# {lock.header}\n{origin}{pins}")


def _constraints(project: Path, lock: Lock) -> str:
    """The versions of the largest set, but for what `lock` itself pins otherwise.

    A layer's packages stand before Lambda's own on the path, so its boto3 uses them: the versions
    tested here with boto3 are the ones to ship.
    """
    own = set(re.findall(r"^([a-z0-9-]+)==", Path(project, lock.source).read_text(), re.MULTILINE))
    pins = re.findall(r"^([a-z0-9-]+)(==[^ ]+)", TEST.file(project).read_text(), re.MULTILINE)
    return "".join(f"{name}{version}\n" for name, version in pins if name not in own)
