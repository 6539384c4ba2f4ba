"""`weir samples`: the sample data that comes with Weir."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cli.options import Json
from cli.screen import Screen

samples = typer.Typer(help="The sample data that comes with Weir.", no_args_is_help=True)


@samples.command("remove", epilog="Example: ./weir samples remove --yes")
def samples_remove(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False, as_json: Json = False
) -> None:
    """Delete the sample's contracts and models from the project; deployed data stays."""
    from cli.samples import remove as verb

    verb(Screen(as_json=as_json), yes=yes)


@samples.command("replay", epilog="Example: ./weir samples replay --day 1998-03-02")
def samples_replay(
    day: Annotated[
        datetime,
        typer.Option(
            "--day",
            formats=["%Y-%m-%d"],
            show_default="1998-07-19",
            help="A day of 1997 or 1998.",
        ),
    ] = datetime(1998, 7, 19),
    as_json: Json = False,
) -> None:
    """Stream a day of the sample's sales, as its tills would."""
    from cli.samples import replay as verb

    verb(Screen(as_json=as_json), day)
