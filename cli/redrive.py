"""`weir redrive`: a run that failed goes on where it did."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from cli import holds, pipeline, run
from cli.lookup import look_up
from cli.screen import Screen, WrongUsage
from cli.target import Target, UnknownRun
from dataplatform.ledger.records import Run

_RUNS: Final = 20
"""How far back a failed run is looked for."""


def redrive(screen: Screen, stage: str | None, run_id: str | None) -> None:
    """Let a failed run go on with the step that failed, follow it to its end, show its books.

    Raises:
        UnknownRun: there is no such run, or none has failed.
        WrongUsage: it failed for what its audit held: a person, or a contract, takes that up.
        RunFailed: Step Functions refuses, or the run fails again.
    """
    target = Target.choose(stage)
    chosen = target.run(run_id) if run_id else _last_failed(target)
    if holds.nothing_else_failed(target, chosen):
        raise WrongUsage(
            f"run {chosen.run_id} failed for nothing but what its audit held",
            why="No step of it can do more: nothing was changed.",
            remedy=f"What is held, and what releases it: ./weir status --run {chosen.run_id}",
        )
    try:
        target.client("stepfunctions").redrive_execution(executionArn=chosen.execution)
    except ClientError as error:
        raise pipeline.RunFailed(
            f"run {chosen.run_id} can't be redriven: {error.response['Error']['Message']}",
            why="Only a run that failed in the last 14 days can be; nothing was changed.",
            remedy="Take up what it left: ./weir run",
        ) from error
    screen.say(f" run {chosen.run_id} goes on where it failed")
    run.report(screen, target, run.watch(screen, target, chosen.execution))


def _last_failed(target: Target) -> Run:
    unknown: dict[str, None] = {}
    for listed in target.ledger.runs(_RUNS):
        if listed.state == "succeeded":
            continue
        found = look_up(target, listed)
        if found.run.state == "failed" and not holds.nothing_else_failed(target, found.run):
            return found.run
        if found.unknown:
            unknown[found.unknown] = None
    raise UnknownRun(
        f"none of the last {_RUNS} runs of stage {target.stage} has failed but for what is held",
        why="\n  ".join(("There is nothing to redrive.", *unknown)),
        remedy="Start a run: ./weir run; or name one: ./weir redrive RUN",
    )
