"""`weir up`: from nothing to rows that can be queried."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from cli import books, deployment, local, sample_sources, summaries
from cli.run import execute
from cli.screen import Screen
from cli.target import EMBEDDED_STAGE, STATE, Target
from cli.tools import Tools
from embedded_aws import supervisor
from embedded_aws.client import isolated_environment
from embedded_aws.state import StateDir

VERSION = "0.1"


def up(screen: Screen, *, samples: bool) -> None:
    """Start, synthesize, deploy, land the samples, run the pipeline, and show the warehouse."""
    began = time.monotonic()
    tools = Tools.load()
    with screen.task("embedded AWS", "starting") as task:
        endpoint = supervisor.start(STATE, tools.for_embedded_aws())
        task.detail = f"stage {EMBEDDED_STAGE} on {endpoint.endpoint} · TLS · IAM enforced"
    assembly, synthesizing = _synthesize(screen, tools)
    seconds = {"synthesize": synthesizing, "deploy": _deploy(screen, tools, assembly)}
    os.environ.update(endpoint.environment())
    target = Target(EMBEDDED_STAGE, embedded=True)
    if samples and sample_sources.present():
        _land_samples(screen, tools, target)
    followed = execute(screen, target, {})
    seconds["pipeline"] = followed.seconds
    rows, lifetime = summaries.read(target), books.lifetime(target)
    _show(screen, target, followed.run_id, rows)
    seconds["total"] = time.monotonic() - began
    screen.say(f"\n Ready after {seconds['total']:.0f} s.")
    screen.result(_result(lifetime, rows, seconds))


def _synthesize(screen: Screen, tools: Tools) -> tuple[deployment.Assembly, float]:
    with screen.task("synthesize", "the app") as task:
        assembly = deployment.synthesize(tools, task.show)
        task.detail = f"{assembly.stacks} stacks · {assembly.resources} resources · 0 findings"
        task.note = "cached" if assembly.cached else ""
    return assembly, task.seconds


def _deploy(screen: Screen, tools: Tools, assembly: deployment.Assembly) -> float:
    environment: Mapping[str, str] = isolated_environment(STATE)
    with screen.task("deploy", "stacks") as task:
        bootstrapped = STATE / "data" / "bootstrapped"
        if not bootstrapped.exists():
            task.show("bootstrap")
            deployment.bootstrap(tools, environment)
            bootstrapped.touch()
        deployment.deploy(tools, environment, assembly.stacks, task.show)
        task.detail = f"{assembly.stacks}/{assembly.stacks} stacks"
    return task.seconds


def _land_samples(screen: Screen, tools: Tools, target: Target) -> None:
    with screen.task("samples", "sources and files") as task:
        sample_sources.start(tools, target)
        landed = local.land(target, sample_sources.files(tools))
        task.detail = f"{landed.put} files landed, {landed.unchanged} lay there already"


def _show(screen: Screen, target: Target, run_id: str, rows: dict[str, Any]) -> None:
    for table in summaries.tables(target, rows):
        screen.say()
        screen.console.print(table)
    screen.say()
    entries = target.ledger.books(run_id)
    if entries:
        screen.console.print(books.of_run(entries))
    else:
        screen.say(" Nothing was due: the warehouse holds all there is.")
    by_name_only = StateDir.at(STATE).by_name_only
    if by_name_only.is_file():
        screen.say(f"\n Not emulated here, deployed by name only: {by_name_only.read_text()}")
    screen.say('\n Next   ./weir sql "select * from gold.dim_store limit 5"     ./weir status')
    screen.say("        ./weir run     ./weir logs     ./weir down")


def _result(
    lifetime: dict[str, Any], rows: dict[str, Any], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """The answer of `weir up --json`."""
    return {
        "datasets": lifetime,
        "warehouse": summaries.as_json(rows),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
