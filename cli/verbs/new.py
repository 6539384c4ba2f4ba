"""`weir new`: something new in the project."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json
from cli.screen import Screen

new = typer.Typer(
    help="A new dataset: its contract is proposed from a sample.", no_args_is_help=True
)


@new.command(
    "dataset",
    epilog="Example: ./weir new dataset sales/returns --from returns.csv\n\n"
    "Exit codes: 0 written (or shown, with --json) · 1 not written · 2 wrong usage",
)
def new_dataset(
    name: Annotated[
        str, typer.Argument(help="Its domain and its name: sales/returns.", metavar="DOMAIN/NAME")
    ],
    origin: Annotated[
        str,
        typer.Option(
            "--from",
            help="A sample: a file or http(s) address of CSV, JSON or Parquet, or a table: "
            "postgres://USER@HOST/DB/TABLE.",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Take the proposal as it is.")] = False,
    as_json: Json = False,
) -> None:
    """Propose a contract that takes every record of a sample; `up` then brings the sample in."""
    from cli.new import new_dataset as verb

    verb(Screen(as_json=as_json), name, origin, yes=yes)
