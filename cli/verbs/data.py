"""What the data says, and how fresh it is."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Json, Stage
from cli.screen import Screen

data = typer.Typer()


@data.command(
    epilog="Example: ./weir sql 'select * from gold.dim_store limit 5' --format csv\n\n"
    "./weir sql --on lake 'select * from silver.stores limit 5'\n\n"
    "./weir sql silver.stores   (its columns; without any query: every table)\n\n"
    "Exit codes: 0 done · 1 it took too long · 2 the query is refused, by warehouse or lake"
)
def sql(
    query: Annotated[
        str | None,
        typer.Argument(help="One SELECT; quote it. Or a table, for its columns; or nothing."),
    ] = None,
    on: Annotated[
        Literal["warehouse", "lake"],
        typer.Option(
            "--on",
            help="warehouse: gold, in Redshift's SQL. lake: bronze, silver, gold and "
            "quarantine.records, in DuckDB's, read with your credentials.",
        ),
    ] = "warehouse",
    form: Annotated[str, typer.Option("--format", help="table or csv.")] = "table",
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Ask the warehouse, or the lake's tables themselves."""
    from cli.sql import sql as verb

    verb(Screen(as_json=as_json), stage, query, form, on)


@data.command(epilog="Example: ./weir live --hours 2")
def live(
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=168, help="How far back to look.")
    ] = 24,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what streams have brought, about a minute after it happened."""
    from cli.live.report import live as verb

    verb(Screen(as_json=as_json), stage, hours)


@data.command(
    epilog="Example: ./weir freshness --stage prod\n\n"
    "Exit codes: 0 every promise is kept · 3 one isn't: data is late, or none came yet"
)
def freshness(stage: Stage = None, as_json: Json = False) -> None:
    """Show how old each dataset's newest data is, against what its contract promises."""
    from cli.freshness import freshness as verb

    verb(Screen(as_json=as_json), stage)
