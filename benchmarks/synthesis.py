"""A synthesis beside that of an empty app, as the CDK's command line starts both, and without it.

CPU seconds, since they hardly depend on what else the machine does; all are taken in turns.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import ROOT, Figure
from benchmarks.processes import Took, in_turns, took
from cli.tools import Tools
from stacks.assets import BUILD

_TURNS: Final = 3
_STAGE: Final = "dev"
_KEPT: Final = ("compiled", "rules", "nag")
_EMPTY_APP: Final = """
from aws_cdk import App, CfnWaitConditionHandle, Stack

app = App()
CfnWaitConditionHandle(Stack(app, "Empty"), "Nothing")
app.synth()
"""


def run() -> list[Figure]:
    """Of the whole app in three states; the empty app is as `cdk init` makes it."""
    with tempfile.TemporaryDirectory() as scratch:
        return [
            *_figures("cdk synth", _by_cli, Path(scratch)),
            *_figures("its app's process alone", _alone, Path(scratch)),
        ]


def _figures(name: str, synthesize: Callable[[Path], Took], scratch: Path) -> list[Figure]:
    configured = json.loads((ROOT / "cdk.json").read_text())
    configured["context"]["stage"] = _STAGE
    whole = _project(scratch / "whole", ROOT / "app.py", configured)
    switched = deepcopy(configured)
    switched["context"]["stages"][_STAGE]["redshift_rpu_hours"] += 1  # stands in one template
    changed = _project(scratch / "changed", ROOT / "app.py", switched)
    empty = _project(scratch / "empty", scratch / "app.py", configured | {"app": "python3 app.py"})
    (scratch / "app.py").write_text(_EMPTY_APP)

    def first() -> Took:
        for kept in _KEPT:
            (BUILD / f"{kept}-{_STAGE}.json").unlink(missing_ok=True)
        return synthesize(whole)

    first()  # byte code, layers, and what jsii unpacks
    # The first after the switched one: it leaves what the next turn finds kept.
    nothing, *states = in_turns(
        _TURNS,
        lambda: synthesize(empty),
        lambda: synthesize(whole),
        lambda: synthesize(changed),
        first,
    )
    said = (
        "nothing changed since the last, or code alone",
        "one template changed",
        "the first: contracts compiled, all templates new",
    )
    return [
        _figure(f"{name}, {state}", figure, nothing)
        for state, figure in zip(said, states, strict=True)
    ]


def _project(folder: Path, app: Path, configured: dict[str, Any]) -> Path:
    """A folder with a cdk.json of its own, whose app stands elsewhere."""
    folder.mkdir(exist_ok=True)
    _, *options, _ = shlex.split(configured["app"])
    command = shlex.join([sys.executable, *options, str(app)])
    (folder / "cdk.json").write_text(json.dumps(configured | {"app": command}))
    return folder


def _by_cli(project: Path) -> Took:
    """Without the CLI's notices and statistics, which ask the network."""
    tools = Tools.load()
    environment = tools.environment() | {"CDK_DISABLE_CLI_TELEMETRY": "true"}
    return took(tools.cdk("synth", "--quiet", "--no-notices"), environment, project)


def _alone(project: Path) -> Took:
    """What the CLI starts."""
    configured = json.loads((project / "cdk.json").read_text())
    environment = {
        **os.environ,
        "CDK_CONTEXT_JSON": json.dumps(configured["context"]),
        "CDK_OUTDIR": str(project / "cdk.out"),
    }
    return took(shlex.split(configured["app"]), environment, project)


def _figure(name: str, figure: Took, empty: Took) -> Figure:
    return Figure(
        name=f"{name}: CPU",
        value=figure.cpu,
        unit="s",
        target=1.5 * empty.cpu,
        rival="the same of an app with one empty stack",
        rival_value=empty.cpu,
        note=f"medians of {_TURNS}; wall {figure.wall:.1f} s and {empty.wall:.1f} s",
    )
