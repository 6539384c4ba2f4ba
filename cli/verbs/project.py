"""What a developer of the project calls: tests, locks, benchmarks, the CDK."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.options import Json
from cli.wrapper import ROOT, through_wrapper

_ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}

project = typer.Typer()


@project.command(context_settings=_ANY_ARGUMENTS, epilog="Example: ./weir test -k ledger")
def test(context: typer.Context) -> None:
    """Lint, type-check and run every test; arguments go to pytest."""
    through_wrapper("test", context.args)


@project.command(context_settings=_ANY_ARGUMENTS, epilog="Example: ./weir lock --upgrade")
def lock(context: typer.Context) -> None:
    """Pin what pyproject.toml asks for anew; --upgrade takes newer versions."""
    through_wrapper("lock", context.args)


@project.command(
    epilog="Example: ./weir bench wrapper idle-run\n\nEach takes from seconds to many minutes: "
    "docs/performance.md has their figures."
)
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these; else wrapper, platform and set-up.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="What there is to measure; nothing is run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure speed, memory and cost, each figure beside a rival's of the same run."""
    options = [name for name, on in (("--json", as_json), ("--list", listed)) if on]
    command = [sys.executable, "-P", "-m", "benchmarks", *options, *(names or [])]
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(command[0], command)  # in this process: who ends the verb ends the benchmark


@project.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
    epilog="Example: ./weir cdk deploy --all -c stage=dev",
)
def cdk(context: typer.Context) -> None:
    """Call the pinned CDK CLI, for an AWS account."""
    from cli.cdk import cdk as verb

    verb(context.args)
