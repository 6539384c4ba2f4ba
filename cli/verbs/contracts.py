"""`weir contracts`: what may be asked of the contracts; each verb has its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.screen import Screen

contracts = typer.Typer(
    help="Check the contracts, and what a change of them means.", no_args_is_help=True
)


@contracts.command(
    epilog="Example: ./weir contracts check contracts/sales/sales.odcs.yaml\n\n"
    "Exit codes: 0 all is well · 1 there are problems · 2 wrong usage"
)
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Only these contracts, or those below these folders; no models."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show every problem of every contract and model, with file, line and remedy."""
    from cli.contracts.check import check as verb

    verb(Screen(as_json=as_json), paths or [])


@contracts.command(
    epilog="Example: ./weir contracts diff --against origin/main\n\n"
    "Exit codes: 0 it can be deployed · 1 it must not be, or not so · 2 wrong usage"
)
def diff(
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REF",
            help="A commit, branch or tag, or `deployed`; without it, where the branch left its "
            "upstream, else HEAD.",
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", metavar="STAGE", help="What is deployed in AWS, not here."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what changed, column by column: additive, compatible or breaking, and for whom."""
    from cli.contracts.diff import diff as verb

    verb(Screen(as_json=as_json), against, stage)


@contracts.command(
    epilog="Example: ./weir contracts lineage stores.store_state\n\n"
    "./weir contracts lineage --html lineage.html"
)
def lineage(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATASET[.COLUMN]]", help="A dataset, or one column of it; without, all."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a picture of all datasets and models as one page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which models, and which of their columns, are made of a dataset's columns."""
    from cli.contracts.lineage import lineage as verb

    dataset, _, column = (what or "").partition(".")
    verb(Screen(as_json=as_json), dataset, column, html)


@contracts.command(
    epilog="Example: ./weir contracts propose sales --write\n\n"
    "Exit codes: 0 done · 1 a contract has problems of its own · 2 wrong usage"
)
def propose(
    dataset: Annotated[str | None, typer.Argument(help="Only this dataset's contract.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Change the files; without it, they are left alone.")
    ] = False,
    stage: Annotated[
        str | None,
        typer.Option("--stage", metavar="STAGE", help="Where drift was seen: in AWS, not here."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what contracts would say if their sources are right: new columns, wider types."""
    from cli.contracts.propose import propose as verb

    verb(Screen(as_json=as_json), stage, dataset, write=write)
