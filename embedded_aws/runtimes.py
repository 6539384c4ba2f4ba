"""Runtimes beside this environment's own: a Python with its Spark, for stages that name another.

The wrapper sets one up where the stage's `runtime` asks for it, and names its directory in the file
of tools: `{"glue-6.0": "/…"}`. The file is read each time, because it changes while a server runs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOOLS_VARIABLE: Final = "WEIR_TOOLS"
"""Path of a JSON file that names the machine's tools."""

OWN_PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The server's Python, Glue 5.1's."""

OWN_GLUE: Final = "5.1"
"""What this environment's PySpark and Iceberg are."""

_PREFIX: Final = "glue-"


@dataclass(frozen=True)
class Runtime:
    """A Python environment made for one Glue version."""

    home: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.home / "bin" / "python"

    @property
    def spark_home(self) -> Path:
        """Its PySpark."""
        return next(self.home.glob("lib/python3*/site-packages/pyspark"))

    @property
    def jars(self) -> Path:
        """The directory of its Iceberg jars."""
        return self.home / "jars"


def tools(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The machine's tools; none where no file names them."""
    path = environment.get(TOOLS_VARIABLE)
    if not path or not Path(path).exists():
        return {}
    found: dict[str, str] = json.loads(Path(path).read_text())
    return found


def of_glue(version: str, environment: Mapping[str, str] = os.environ) -> Runtime | None:
    """The runtime that was set up for a Glue version; None where none was."""
    home = tools(environment).get(f"{_PREFIX}{version}")
    return Runtime(Path(home)) if home else None


def interpreter(function_runtime: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """A Python as a function names it (`python3.13`); None where none of that version is known."""
    if function_runtime == f"python{OWN_PYTHON}":
        return Path(sys.executable)
    for name, home in tools(environment).items():
        found = Path(home) / "bin" / function_runtime
        if name.startswith(_PREFIX) and found.exists():
            return found
    return None
