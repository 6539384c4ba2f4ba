"""Where the embedded AWS keeps its things: one directory, which erasing removes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

STATE_DIR_VARIABLE: Final = "WEIR_STATE_DIR"
"""Set in the server's environment; plug-ins find their directory by `StateDir.current()`."""


@dataclass(frozen=True)
class StateDir:
    """The layout of a state directory.

    `data` survives a restart; `run` holds what a stop removes; the log stays for the next look.
    """

    root: Path

    @classmethod
    def at(cls, path: Path | str) -> Self:
        """The state directory at `path`, absolute so that children may change directory."""
        return cls(Path(path).expanduser().resolve())

    @classmethod
    def current(cls) -> Self:
        """The state directory of the server that this code runs in."""
        return cls.at(os.environ[STATE_DIR_VARIABLE])

    @property
    def endpoint(self) -> Path:
        """Where clients read how to reach the running server."""
        return self.root / "endpoint.json"

    @property
    def lock(self) -> Path:
        """Held while a start, stop or erase is under way."""
        return self.root / "lock"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Process records and temporary files: gone after a stop."""
        return self.root / "run"

    @property
    def temporary(self) -> Path:
        """TMPDIR of the server and all its children."""
        return self.run / "tmp"

    @property
    def data(self) -> Path:
        """Everything that a restart must find again."""
        return self.root / "data"

    @property
    def tls(self) -> Path:
        """CA, server certificate and the JVM's trust store."""
        return self.data / "tls"

    @property
    def services(self) -> Path:
        """MiniStack's own snapshots, one JSON file a service."""
        return self.data / "services"

    @property
    def objects(self) -> Path:
        """Bodies of S3 objects."""
        return self.data / "s3"

    @property
    def unpacked(self) -> Path:
        """Lambda code and layers, extracted once for each hash."""
        return self.data / "unpacked"

    @property
    def port(self) -> Path:
        """The port of the last start: what a person has noted down stays right where it can."""
        return self.data / "port"

    @property
    def by_name_only(self) -> Path:
        """Resource types that were accepted without being emulated, as JSON."""
        return self.data / "by_name_only.json"

    def plugin(self, name: str) -> Path:
        """A plug-in's own directory, made if missing; it survives a restart."""
        path = self.data / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def owned(self) -> tuple[Path, ...]:
        """All that erasing removes; other files in the directory aren't ours."""
        return (self.endpoint, self.logs, self.run, self.data, self.lock)
