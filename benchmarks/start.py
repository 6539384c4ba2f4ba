"""Starts: a function's imports beside boto3's.

CPU seconds, since they hardly depend on what else the machine does; pairs are taken in turns.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.measure import Figure
from benchmarks.processes import in_turns, took
from embedded_aws.functions.environment import runtime_packages
from stacks.assets import lambda_code
from stacks.packaging import BASE, LAKE, Layer

_TRIGGERS: Final = ("ingest_api", "register_object", "start_run", "transform_events")
_LAKE: Final = ("stage_batch", "merge_silver", "build_gold")
_IMPORTS: Final = 9

_IMPORT: Final = """
import os, sys
sys.path[:0] = os.environ["IMPORT_PATH"].split(os.pathsep)
import boto3
for name in sys.argv[1:]:
    __import__(f"lambdas.{name}.handler")
"""


def run() -> list[Figure]:
    """Imports of the triggers and of the lake's functions."""
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
    took([sys.executable, "-S", "-c", _IMPORT], environment)  # boto3's byte code, where none is
    boto3, handler = in_turns(
        _IMPORTS, lambda: took(command, environment), lambda: took([*command, name], environment)
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
