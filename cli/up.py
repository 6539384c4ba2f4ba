"""`weir up`: from nothing to rows that can be queried."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from cli import (
    books,
    deployment,
    drift,
    holds,
    local,
    own_samples,
    queues,
    sample_sources,
    summaries,
)
from cli.glimpses import glimpses, untold
from cli.local import not_emulated
from cli.refusals import refuse_early
from cli.run import execute
from cli.screen import Screen
from cli.target import EMBEDDED_STAGE, STATE, Target
from cli.tools import Tools
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.records import DatasetBooks
from embedded_aws import supervisor
from embedded_aws.client import isolated_environment

VERSION = "0.1"

_BOOTSTRAPPED = STATE / "data" / "bootstrapped"


def up(screen: Screen, *, samples: bool, engine: str | None) -> None:
    """Start, synthesize, deploy, land the samples, run the pipeline, and show the warehouse.

    Args:
        engine: for every dataset and model of the run; None leaves it to the pipeline.
    """
    began = time.monotonic()
    tools = Tools.load()
    with screen.task("embedded AWS", "starting") as task:
        endpoint = supervisor.start(STATE, tools.for_embedded_aws())
        task.detail = f"{EMBEDDED_STAGE} at {endpoint.endpoint} · TLS · IAM enforced"
    refuse_early(screen, EMBEDDED_STAGE, endpoint.environment())
    assembly, synthesizing = synthesize(screen, tools)
    seconds = {"synthesize": synthesizing, "deploy": deploy(screen, tools, assembly)}
    os.environ.update(endpoint.environment())
    target = Target(EMBEDDED_STAGE, embedded=True)
    if samples:
        _land_samples(screen, tools, target)
    followed = execute(screen, target, {"engine": engine} if engine else {})
    entries = target.ledger.books(followed.run_id)
    seconds["pipeline"] = followed.seconds
    rows, lifetime = summaries.read(target), books.lifetime(target)
    spent = _show(screen, target, followed.run_id, entries, rows)
    books.say_quarantined(screen, target, entries)
    waiting = drift.waiting(target)
    held = holds.held(target)
    queued = queues.queues(target, waiting, held)
    drift.say_waiting(screen, target, waiting, queued)
    holds.say_held(screen, target, held, queued)
    seconds["total"] = time.monotonic() - began
    screen.say(f"\n Ready after {seconds['total']:.0f} s.")
    screen.result(_result(lifetime, rows, seconds, spent))
    books.exit_if_waiting(entries)
    drift.exit_if_any(waiting)
    holds.exit_if_any(held)


def synthesize(screen: Screen, tools: Tools) -> tuple[deployment.Assembly, float]:
    """The app as templates; and the seconds that it took."""
    with screen.task("synthesize", "the app") as task:
        assembly = deployment.synthesize(tools, task.show)
        task.detail = f"{assembly.stacks} stacks · {assembly.resources} resources · 0 findings"
        task.note = "cached" if assembly.cached else ""
    return assembly, task.seconds


def deploy(screen: Screen, tools: Tools, assembly: deployment.Assembly) -> float:
    """Deploy every stack, into an account that is prepared for it; the seconds that it took."""
    environment: Mapping[str, str] = isolated_environment(STATE)
    with screen.task("deploy", "stacks") as task:
        if not _BOOTSTRAPPED.exists():
            task.show("bootstrap")
            deployment.bootstrap(tools, environment)
            _BOOTSTRAPPED.touch()
        deployment.deploy(tools, environment, assembly.stacks, task.show)
        task.detail = f"{assembly.stacks}/{assembly.stacks} stacks"
    return task.seconds


def _land_samples(screen: Screen, tools: Tools, target: Target) -> None:
    """Land the sample's files, where it is in the project, and those of a person's own datasets."""
    files = own_samples.files(target.plan)
    if not files and not sample_sources.present():
        return
    with screen.task("samples", "sources and files") as task:
        if sample_sources.present():
            sample_sources.start(tools, target)
            files = [*sample_sources.files(tools), *files]
        landed = local.land(target, files)
        task.detail = f"{landed.put} landed, {landed.unchanged} lay there already"


def _show(
    screen: Screen,
    target: Target,
    run_id: str,
    entries: list[DatasetBooks],
    rows: dict[str, Any],
) -> Cost:
    """What the warehouse says, what the run did, what is served where; returns the run's cost."""
    for table in (*summaries.tables(target, rows), *glimpses(target, screen.console.width)):
        title, table.title = table.title, None  # in a table's title words break at its width
        screen.say(f"\n[bold]{escape(str(title))}[/]")
        screen.show(table)
    screen.say()
    spent = books.say_of_run(screen, target, run_id, entries)
    _served(screen, target)
    if absent := not_emulated(STATE):
        screen.say(f"\n Not emulated here (deployed by name only): {', '.join(absent)}")
    screen.say()
    for number, line in enumerate(_next(target)):
        screen.say(f" {'' if number else 'Next':<7} {line}")
    return spent


def _next(target: Target) -> Iterator[str]:
    """What there is to try: a query of a person's own model, if there is one, comes first."""
    own = untold(target.plan)
    models = sorted(target.plan.models, key=lambda model: model.domain not in own)
    if models:
        yield f'./weir sql "select * from gold.{models[0].name} limit 5"'
    if loose := _without_model(target):
        yield f'./weir sql --on lake "select * from silver.{loose} limit 5"'
    if not target.plan.datasets:
        yield "./weir new dataset DOMAIN/NAME --from FILE"
    yield "./weir status     ./weir run     ./weir logs     ./weir down"
    if sample_sources.present():
        yield "./weir samples replay     ./weir live     (events through Firehose)"


def _without_model(target: Target) -> str:
    """A dataset of files that no gold model reads, so that the warehouse hasn't it; "" for none."""
    read = {name for model in target.plan.models for name in model.datasets}
    files = (plan.dataset for plan in target.plan.datasets if plan.source.kind == "s3")
    return next((name for name in files if name not in read), "")


def _served(screen: Screen, target: Target) -> None:
    """What is served where; each line can be copied whole."""
    places = {
        "AWS": target.client("sts").meta.endpoint_url,
        "pipeline": target.output("PipelineArn"),
        "landing": f"s3://{target.output('LandingBucket')}",
        "sample": address.url if (address := sample_sources.address()) else "",
        "state": str(STATE),
    }
    screen.say("\n[bold]Served here[/]")
    for name, place in places.items():
        if place:
            screen.say(f" {name:<10} {place}")


def _result(
    lifetime: dict[str, Any], rows: dict[str, Any], seconds: Mapping[str, float], spent: Cost
) -> dict[str, Any]:
    """The answer of `weir up --json`."""
    return {
        "datasets": lifetime,
        "warehouse": summaries.as_json(rows),
        "cost": spent.to_dict(),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
