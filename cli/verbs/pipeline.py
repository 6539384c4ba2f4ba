"""Data through the pipeline: a run, files pushed, runs mended, backfills, maintenance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.options import Engine, Json, Stage
from cli.screen import Screen

pipeline = typer.Typer()


@pipeline.command(epilog="Example: ./weir run sales stores --from 2026-11-01 --stage prod")
def run(
    datasets: Annotated[list[str] | None, typer.Argument(help="Only these datasets.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Earliest arrival, ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Latest arrival, ISO 8601.")] = None,
    engine: Engine = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Take what these datasets hold back, or let wait, as it is."),
    ] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Run the pipeline for what is due, and show its books."""
    from cli.run import run as verb

    verb(Screen(as_json=as_json), stage, datasets or [], since, until, engine, accept=accept)


@pipeline.command(epilog="Example: ./weir push stores new-stores.csv --no-run")
def push(
    dataset: Annotated[str, typer.Argument(help="The dataset.", show_default=False)],
    files: Annotated[
        list[Path],
        typer.Argument(help="CSV or JSON Lines, gzipped or not, as the contract's server says."),
    ],
    run: Annotated[bool, typer.Option(help="Run the pipeline for the dataset then.")] = True,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Check files against the contract, land them, and take them through the pipeline."""
    from cli.push import push as verb

    verb(Screen(as_json=as_json), stage, dataset, files, run=run)


@pipeline.command(epilog="Example: ./weir redrive 2026-11-21T10:04:12Z-7f3a")
def redrive(
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Which run; the last that failed.")
    ] = None,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Let a failed run go on with the step that failed, and show its books."""
    from cli.redrive import redrive as verb

    verb(Screen(as_json=as_json), stage, run_id)


@pipeline.command(
    epilog="Example: ./weir backfill sales --from 2026-11-01 --to 2026-11-08 --dry-run"
)
def backfill(
    dataset: Annotated[str, typer.Argument(help="Whose rows.")],
    since: Annotated[
        str, typer.Option("--from", help="First day on which objects arrived, ISO 8601, UTC.")
    ],
    until: Annotated[
        str, typer.Option("--to", help="Day after the last; the window is [from, to).")
    ],
    engine: Annotated[
        Literal["duckdb", "spark"] | None,
        typer.Option("--engine", help="What derives them; without it, chosen by size."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be read, and what it costs.")
    ] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Derive rows anew from bronze, by today's contract, for the keys that came in a span of days.

    Days are those on which records arrived, whatever dates stand in them.

    Started again with the same arguments, it goes on where it ended.
    """
    from cli.backfill import backfill as verb

    verb(Screen(as_json=as_json), stage, dataset, since, until, engine, dry_run=dry_run)


@pipeline.command(epilog="Example: ./weir maintain silver.sales --json")
def maintain(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Only these tables, such as silver.sales.")
    ] = None,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Look after the lake's tables: join small files, forget old snapshots, find orphans."""
    from cli.maintain import maintain as verb

    verb(Screen(as_json=as_json), stage, tables or [])
