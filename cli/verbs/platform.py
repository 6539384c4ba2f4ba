"""The platform itself: up, down, and how it is."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Engine, Json, Stage
from cli.screen import Screen

platform = typer.Typer()


@platform.command(epilog="Example: ./weir up --json")
def up(
    without_samples: Annotated[
        bool, typer.Option("--without-samples", help="Don't start or land the sample data.")
    ] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Start the embedded platform, deploy it, run the pipeline and show what came of it."""
    screen = Screen(as_json=as_json)
    with screen.waiting("embedded AWS", "starting"):  # what it needs is read for a second or more
        from cli.up import up as verb

    verb(screen, samples=not without_samples, engine=engine)


@platform.command(epilog="Example: ./weir down --erase")
def down(
    erase: Annotated[
        bool, typer.Option("--erase", help="Also delete the embedded platform's data.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before erasing.")] = False,
    as_json: Json = False,
) -> None:
    """Stop the embedded platform; its data stays for the next `up`."""
    from cli.down import down as verb

    verb(Screen(as_json=as_json), erase=erase, yes=yes)


@platform.command(epilog="Example: ./weir status --run 2026-11-21T10:04:12Z-7f3a --html run.html")
def status(
    run_id: Annotated[
        str | None, typer.Option("--run", help="One run instead of all; last: the newest.")
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", help="Write books and timeline as one page.")
    ] = None,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what runs where, the last runs, and the books since the beginning."""
    from cli.status import status as verb

    verb(Screen(as_json=as_json), stage, run_id, html)


@platform.command(epilog="Example: ./weir logs --function stage-batch")
def logs(
    run_id: Annotated[
        str | None, typer.Option("--run", help="Only from the time of this run; last: the newest.")
    ] = None,
    function: Annotated[
        str | None, typer.Option("--function", help="Only this function or job.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    trace: Annotated[
        bool, typer.Option("--trace", help="Below each error, the calls that led to it.")
    ] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what functions and jobs logged: of an error its message first."""
    from cli.logs import logs as verb

    verb(Screen(as_json=as_json), stage, run_id, function, follow, trace=trace)


@platform.command(epilog="Example: ./weir env --unset")
def env(
    unset: Annotated[
        bool, typer.Option("--unset", help="Print what takes them away again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print variables that point other tools (AWS CLI, boto3, notebooks) at the laptop's AWS.

    In a shell: eval "$(./weir env)"
    """
    from cli.env import env as verb

    verb(Screen(as_json=as_json), unset=unset)
