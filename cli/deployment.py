"""Synthesis and deployment of the app with the CDK CLI, as any operator would run it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from ast import literal_eval
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from cli.target import EMBEDDED_STAGE, ROOT, STATE
from cli.tools import Tools
from dataplatform.errors import WeirError
from embedded_aws.client import ACCOUNT, REGION

ASSEMBLY = STATE / "cdk.out"
"""The synthesized templates and assets."""

_STAMP = "weir-sources.sha256"
_APP = ("app.py", "cdk.json", "requirements.txt", "stacks")
_CODE = ("lambdas", "glue_jobs", "dataplatform")
_CONTENT = ("contracts", "models", "layers")
_STACK_DONE = re.compile(r"✅\s+(\S+)")
_RESOURCE_DONE = re.compile(r"(CREATE|UPDATE)_COMPLETE\s+\|")
_FAILED_LIST = "Failed resources:"
_EVENT = re.compile(r"(?P<stack>\S+) +\|[^|]*\|[^|]*\|[^|]*\| (?P<what>.*)")
_PROGRESS = re.compile(r"\S+ +\| +[0-9]+/[0-9]+ +\|")
"""An event as it happens, with how many have; stacks that are deployed at once mix theirs."""
_KEPT_LINES = 400
_EXPLAINED = re.compile(r"(Invalid\w+|NodeEnded): ")
_NODES_OWN = re.compile(r"""b(['"]).*\1""")
"""A line that Node wrote past the CDK, as jsii passes it on: Python's way to write bytes."""


class SynthesisFailed(WeirError):
    """The app didn't synthesize; the message is what it printed."""


class DeploymentFailed(WeirError):
    """The CDK CLI ended with an error; the message is its last lines."""


@dataclass(frozen=True)
class Assembly:
    """A synthesized app.

    cached: the sources were the same as at the last synthesis.
    """

    stacks: int
    resources: int
    cached: bool


def synthesize(tools: Tools, show: Callable[[str], None]) -> Assembly:
    """Synthesize the app unless nothing that it is made from has changed.

    Raises:
        SynthesisFailed: with the app's own explanation.
    """
    stamp = ASSEMBLY / _STAMP
    digest = _source_digest()
    cached = stamp.is_file() and stamp.read_text() == digest
    if not cached:
        show("stacks, contracts and models to CloudFormation")
        stamp.unlink(missing_ok=True)
        command = tools.cdk(
            "synth", "--quiet", "--output", str(ASSEMBLY), "-c", f"stage={EMBEDDED_STAGE}"
        )
        ended = subprocess.run(
            command, cwd=ROOT, env=tools.environment(), capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise SynthesisFailed(
                _explanation(ended.stderr or ended.stdout),
                why="Nothing was synthesized, so nothing was deployed.",
                remedy="Mend what is named above, then run it again.",
            )
        stamp.write_text(digest)
    templates = sorted(ASSEMBLY.glob("*.template.json"))
    resources = sum(len(json.loads(path.read_text()).get("Resources", {})) for path in templates)
    return Assembly(len(templates), resources, cached)


def bootstrap(tools: Tools, environment: Mapping[str, str]) -> None:
    """Prepare the account for the CDK: the staging bucket and its roles."""
    _cdk(tools, ["bootstrap", "--app", "", f"aws://{ACCOUNT}/{REGION}"], environment, _ignore)


def deploy(
    tools: Tools, environment: Mapping[str, str], stacks: int, show: Callable[[str], None]
) -> None:
    """Deploy every stack of the assembly.

    Raises:
        DeploymentFailed: with the CDK CLI's own last lines.
    """
    done: set[str] = set()
    resources = 0

    def line(text: str) -> None:
        nonlocal resources
        if found := _STACK_DONE.search(text):
            done.add(found[1])
        resources += bool(_RESOURCE_DONE.search(text))
        show(f"{len(done)}/{stacks} stacks · {resources} resources")

    arguments = ["deploy", "--app", str(ASSEMBLY), "--all", "--concurrency", "6"]
    # --yes: a stack whose rollback failed is first rolled back again, now that the cause is mended.
    arguments += ["--require-approval", "never", "--yes", "--progress", "events"]
    _cdk(tools, arguments, environment, line)


def _cdk(
    tools: Tools, arguments: list[str], environment: Mapping[str, str], line: Callable[[str], None]
) -> None:
    tail: deque[str] = deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(
        tools.cdk(*arguments),
        cwd=ROOT,
        env={**tools.environment(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for text in process.stdout:
            tail.append(text.rstrip())
            line(text)
    if process.returncode:
        failures = failed_resources(tail) or [text for text in tail if text][-12:]
        rollbacks = [text for text in tail if "ROLLBACK_" in text]
        stuck = bool(rollbacks) and "ROLLBACK_FAILED" in rollbacks[-1]
        raise DeploymentFailed(
            f"cdk {arguments[0]} failed:\n" + "\n".join(failures),
            why="Stacks that were deployed before this one stay; the failed one "
            + ("couldn't be rolled back yet." if stuck else "was rolled back."),
            remedy="Mend the cause and run it again: it carries on where it stopped.",
        )


def failed_resources(lines: Iterable[str]) -> list[str]:
    """What failed and why, from the CDK CLI's lists of failed resources; each line once."""
    found: dict[str, None] = {}
    listed = False
    for line in lines:
        if line == _FAILED_LIST:
            listed = True
        elif not line or "❌" in line:
            listed = False
        elif listed and not _PROGRESS.match(line):
            event = _EVENT.match(line)
            found[f"{event['stack']}: {event['what']}" if event else line] = None
    return list(found)


def _explanation(text: str) -> str:
    """The app's own error; a traceback where it didn't explain itself."""
    lines = [line for line in text.splitlines() if line.strip() and "Subprocess exited" not in line]
    explained = [i for i, line in enumerate(lines) if _EXPLAINED.match(line)]
    if not explained:
        return "\n".join(lines[-15:])
    why = lines[explained[-1] :]
    if why[0].startswith("NodeEnded"):
        said = takewhile(lambda line: not line.startswith("Traceback "), lines)
        why = [*filter(None, map(_readable, said)), *why]
    return "\n".join(why)


def _readable(line: str) -> str:
    if not _NODES_OWN.fullmatch(line):
        return line
    return bytes(literal_eval(line)).decode(errors="replace").rstrip()


def _source_digest() -> str:
    digest = hashlib.sha256()
    for path in _files(_APP + _CODE + _CONTENT):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(names: Iterable[str]) -> Iterable[Path]:
    for name in names:
        path = ROOT / name
        if path.is_file():
            yield path
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (Path(folder) / file for file in sorted(files))


def _ignore(text: str) -> None:
    """A step too short to show its lines."""
