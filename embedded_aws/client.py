"""What a client needs to reach the embedded AWS as it would reach AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from embedded_aws.errors import NotRunning
from embedded_aws.state import StateDir

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A running server, as `endpoint.json` describes it."""

    endpoint: str
    ca_bundle: str
    trust_store: str
    pid: int

    @classmethod
    def read(cls, state_dir: Path | str) -> Self:
        """The running server of a state directory.

        Raises:
            NotRunning: there is none.
        """
        path = StateDir.at(state_dir).endpoint
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise NotRunning(
                f"No embedded AWS is running in {path.parent}",
                why="There is no endpoint to call.",
                remedy="Start it: ./weir up",
            ) from None

    def write(self, state: StateDir) -> None:
        """Publish the server to clients, in one step."""
        draft = state.endpoint.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(state.endpoint)

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return int(self.endpoint.rpartition(":")[2])

    def environment(self) -> dict[str, str]:
        """Environment variables that point AWS clients (boto3, CDK, CLI, Node) here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": self.ca_bundle,
            "NODE_EXTRA_CA_CERTS": self.ca_bundle,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def client_environment(state_dir: Path | str) -> dict[str, str]:
    """Environment variables for a client of the server that runs in `state_dir`.

    Raises:
        NotRunning: there is none.
    """
    return Endpoint.read(state_dir).environment()


def isolated_environment(
    state_dir: Path | str, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A whole environment for a child process: `base` without the person's own AWS settings.

    A profile or session token left in the environment would win over the embedded AWS's keys.
    """
    inherited = os.environ if base is None else base
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    return kept | client_environment(state_dir)
