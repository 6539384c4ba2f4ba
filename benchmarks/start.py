"""Starts: a function's imports beside boto3's, a synthesis beside that of an empty app.

CPU seconds, since they hardly depend on what else the machine does; pairs are taken in turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.measure import ROOT, Figure
from embedded_aws.functions.environment import runtime_packages
from stacks.assets import BUILD, lambda_code
from stacks.packaging import BASE, LAKE, Layer

_TRIGGERS: Final = ("ingest_api", "register_object", "start_run", "transform_events")
_LAKE: Final = ("stage_batch", "merge_silver", "build_gold")
_IMPORTS: Final = 9
_SYNTHESES: Final = 3

_IMPORT: Final = """
import os, sys
sys.path[:0] = os.environ["IMPORT_PATH"].split(os.pathsep)
import boto3
for name in sys.argv[1:]:
    __import__(f"lambdas.{name}.handler")
"""
_EMPTY_APP: Final = """
from aws_cdk import App, CfnWaitConditionHandle, Stack

app = App()
CfnWaitConditionHandle(Stack(app, "Empty"), "Nothing")
app.synth()
"""


@dataclass(frozen=True)
class Took:
    """Seconds of a process and all that it started."""

    cpu: float
    wall: float


def run() -> list[Figure]:
    """Imports of the triggers and of the lake's functions; the whole app's synthesis."""
    return [*_imports(), *_syntheses()]


def _imports() -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        base = _import_path(place, BASE)
        lake = _import_path(place, LAKE, BASE)
        triggers = [_import(name, base, target=0.3) for name in _TRIGGERS]
        return triggers + [_import(name, lake, target=0.5) for name in _LAKE]


def _import_path(place: Path, *layers: Layer) -> list[Path]:
    """What a function finds: its code, its layers, and what AWS's runtime brings.

    Its code has no byte code, and Lambda can't write any; the others come with theirs.
    """
    code = _unpacked(lambda_code(), place / "code")
    unpacked = [_unpacked(layer.zip(), place / layer.name) / "python" for layer in layers]
    return [code, *unpacked, runtime_packages(place)]


def _unpacked(archive: Path, target: Path) -> Path:
    if not target.exists():
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(target)
    return target


def _import(name: str, path: Sequence[Path], *, target: float) -> Figure:
    environment = {
        "IMPORT_PATH": os.pathsep.join(map(str, path)),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-S", "-B", "-c", _IMPORT]
    _took([sys.executable, "-S", "-c", _IMPORT], environment)  # boto3's byte code, where none is
    boto3, handler = _in_turns(
        _IMPORTS, lambda: _took(command, environment), lambda: _took([*command, name], environment)
    )
    return Figure(
        name=f"{name}: CPU of its cold import above boto3's",
        value=max(handler.cpu - boto3.cpu, 0),
        unit="s",
        target=target,
        rival="import boto3, no client",
        rival_value=boto3.cpu,
        note=f"medians of {_IMPORTS}; wall {handler.wall:.2f} s and {boto3.wall:.2f} s",
    )


def _syntheses() -> list[Figure]:
    """As cdk.json starts the app, beside an empty app as `cdk init` would start it."""
    configured = json.loads((ROOT / "cdk.json").read_text())
    context = configured["context"] | {"stage": "dev"}
    with tempfile.TemporaryDirectory() as scratch:
        empty_app = Path(scratch) / "app.py"
        empty_app.write_text(_EMPTY_APP)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": f"{scratch}/cdk.out",
        }

        def empty() -> Took:
            return _took([sys.executable, str(empty_app)], environment)

        def whole(**changed: str) -> Took:
            return _took(
                [sys.executable, *configured["app"].split()[1:]], {**environment, **changed}
            )

        def first() -> Took:
            for name in ("compiled", "rules", "nag"):
                (BUILD / f"{name}-dev.json").unlink(missing_ok=True)
            return whole()

        context["stages"]["dev"]["redshift_rpu_hours"] += 1  # stands in one template
        switched = {"CDK_CONTEXT_JSON": json.dumps(context)}
        first()  # byte code, layers, and what jsii unpacks
        # The first after the switched one: it leaves what the next turn finds kept.
        nothing, again, changed, anew = _in_turns(
            _SYNTHESES, empty, whole, lambda: whole(**switched), first
        )
    return [
        _synthesis("synthesis of the whole app, nothing changed or code alone", again, nothing),
        _synthesis("the same, one template changed", changed, nothing),
        _synthesis("the same, the first: contracts compiled, all templates new", anew, nothing),
    ]


def _synthesis(name: str, took: Took, empty: Took) -> Figure:
    return Figure(
        name=f"{name}: CPU",
        value=took.cpu,
        unit="s",
        target=1.5 * empty.cpu,
        rival="an app with one empty stack",
        rival_value=empty.cpu,
        note=f"medians of {_SYNTHESES}; wall {took.wall:.1f} s and {empty.wall:.1f} s",
    )


def _in_turns(times: int, *processes: Callable[[], Took]) -> list[Took]:
    rounds = [[process() for process in processes] for _ in range(times)]
    return [
        Took(median(each.cpu for each in taken), median(each.wall for each in taken))
        for taken in zip(*rounds, strict=True)
    ]


def _took(command: Sequence[str], environment: Mapping[str, str]) -> Took:
    """Run a command and all that it starts and waits for.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command} → {process.returncode}\n{said.read()[-2000:].decode()}")
    return Took(usage.ru_utime + usage.ru_stime, wall)
