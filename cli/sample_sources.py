"""The sample's sources on a laptop: its files, and its HTTP API as a process of its own.

An operator of a real source fills the same SSM parameter and secret that are filled here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Final

from cli.target import ROOT, STATE, Target
from cli.tools import VARIABLE, Tools
from embedded_aws import supervisor
from embedded_aws.processes import Processes, ProcessSpec, ready_when_exists
from embedded_aws.samples import PROJECT_FOLDERS
from embedded_aws.samples.api import ADDRESS_FILE, Address
from embedded_aws.samples.files import written_files
from embedded_aws.state import StateDir

API: Final = STATE / "data" / "samples"
"""State of the sample API: edits of sale lines, its key, its address while it runs."""

_START_SECONDS = 60
_PROCESS = "samples"


def present() -> bool:
    """Whether the sample's contracts are in the project."""
    return (ROOT / PROJECT_FOLDERS[0]).is_dir()


def start(tools: Tools, target: Target) -> Address:
    """Start the sales API and tell the platform its address and key, as an operator would."""
    API.mkdir(parents=True, exist_ok=True)
    address_file = API / ADDRESS_FILE
    if not Processes(StateDir.at(STATE)).find(_PROCESS):
        # One left by a killed API would look ready at once, and names a port that others may have.
        address_file.unlink(missing_ok=True)
    supervisor.start_process(
        STATE,
        ProcessSpec(
            name=_PROCESS,
            argv=[sys.executable, "-m", "embedded_aws.samples.api", "--state-dir", str(API)],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(ROOT),
                VARIABLE: os.environ[VARIABLE],
            },
            ready=ready_when_exists(address_file),
        ),
        seconds=_START_SECONDS,
    )
    address = Address.read(API)
    assert address is not None, "the API writes its address before it is ready"
    for source in {
        plan.source.options["source"] for plan in target.plan.datasets if plan.source.kind == "api"
    }:
        target.client("ssm").put_parameter(
            Name=target.names.source_parameter(source, "base_url"),
            Value=address.url,
            Type="String",
            Overwrite=True,
        )
        target.client("secretsmanager").put_secret_value(
            SecretId=target.names.source_secret(source),
            SecretString=json.dumps({"api_key": address.api_key}),
        )
    return address


def address() -> Address | None:
    """Where the sample API answers; None where it doesn't run, or the project has no sample."""
    runs = present() and Processes(StateDir.at(STATE)).find(_PROCESS)
    return Address.read(API) if runs else None


def files(tools: Tools) -> list[tuple[str, Path]]:
    """The sample's files with their datasets, written anew from the cached database."""
    return [(found.dataset, found.path) for found in written_files(tools.raw, API / "files")]
