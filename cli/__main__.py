"""`python -m cli`: the verbs, their help and their exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from cli.contracts_app import contracts
from cli.quarantine_app import quarantine
from cli.screen import Exit, Screen, explain
from cli.wrapper import ROOT, through_wrapper
from dataplatform.errors import WeirError

_EPILOG = (
    "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 done, but records of the run wait in "
    "quarantine or objects in landing (up, run, status --run), or data is late (freshness) · "
    "4 environment (port, disk, credentials) · 130 interrupted. --debug with any verb shows a "
    "traceback where it fails."
)

_ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="weir",
    help="An AWS data platform as Python code, on this machine or in an account.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on stdout.")]
Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", help="A stage in AWS; without it, the embedded platform.", metavar="STAGE"
    ),
]
Engine = Annotated[
    Literal["duckdb", "spark"] | None,
    typer.Option("--engine", help="For every dataset and model; without it, chosen by size."),
]


@app.command(epilog="Example: ./weir up --json")
def up(
    without_samples: Annotated[
        bool, typer.Option("--without-samples", help="Don't start or land the sample data.")
    ] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Start the embedded platform, deploy it, run the pipeline and show what came of it."""
    from cli.up import up as verb

    verb(Screen(as_json=as_json), samples=not without_samples, engine=engine)


@app.command(epilog="Example: ./weir run sales stores --from 2026-11-01 --stage prod")
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


@app.command(epilog="Example: ./weir push stores new-stores.csv --no-run")
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


@app.command(epilog="Example: ./weir redrive 2026-11-21T10:04:12Z-7f3a")
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


@app.command(epilog="Example: ./weir backfill sales --from 2026-11-01 --to 2026-11-08 --dry-run")
def backfill(
    dataset: Annotated[str, typer.Argument(help="Whose rows.")],
    since: Annotated[
        str, typer.Option("--from", help="First day on which objects arrived, ISO 8601, UTC.")
    ],
    until: Annotated[
        str, typer.Option("--to", help="Day after the last; the window is [from, to).")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be read, and what it costs.")
    ] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Derive rows anew from bronze, by today's contract, for keys of records that came then.

    Days are those on which records arrived, whatever dates stand in them. Started again with the
    same arguments, it goes on where it ended.
    """
    from cli.backfill import backfill as verb

    verb(Screen(as_json=as_json), stage, dataset, since, until, dry_run=dry_run)


@app.command(epilog="Example: ./weir maintain silver.sales --json")
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


@app.command(epilog="Example: ./weir status --run 2026-11-21T10:04:12Z-7f3a --html run.html")
def status(
    run_id: Annotated[str | None, typer.Option("--run", help="One run instead of all.")] = None,
    html: Annotated[
        str | None, typer.Option("--html", help="Write books and timeline as one page.")
    ] = None,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what runs where, the last runs, and the books since the beginning."""
    from cli.status import status as verb

    verb(Screen(as_json=as_json), stage, run_id, html)


@app.command(epilog="Example: ./weir sql 'select * from gold.dim_store limit 5' --format csv")
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT, in Redshift's SQL.")],
    form: Annotated[str, typer.Option("--format", help="table or csv.")] = "table",
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Ask the warehouse."""
    from cli.sql import sql as verb

    verb(Screen(as_json=as_json), stage, query, form)


@app.command(epilog="Example: ./weir logs --function stage-batch")
def logs(
    run_id: Annotated[
        str | None, typer.Option("--run", help="Only from the time of this run.")
    ] = None,
    function: Annotated[
        str | None, typer.Option("--function", help="Only this function or job.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what functions and jobs logged."""
    from cli.logs import logs as verb

    verb(Screen(as_json=as_json), stage, run_id, function, follow)


@app.command(epilog="Example: ./weir down --erase")
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


@app.command(context_settings=_ANY_ARGUMENTS, epilog="Example: ./weir test -k ledger")
def test(context: typer.Context) -> None:
    """Lint, type-check and run every test; arguments go to pytest."""
    through_wrapper("test", context.args)


@app.command(context_settings=_ANY_ARGUMENTS, epilog="Example: ./weir lock --upgrade")
def lock(context: typer.Context) -> None:
    """Pin what pyproject.toml asks for anew; --upgrade takes newer versions."""
    through_wrapper("lock", context.args)


@app.command(epilog="Example: ./weir bench wrapper idle-run")
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Only these benchmarks.")] = None,
    as_json: Json = False,
) -> None:
    """Measure set-up, `up`, an idle run, memory and the wrapper, each beside a rival."""
    options = ["--json"] if as_json else []
    command = [sys.executable, "-P", "-m", "benchmarks", *options, *(names or [])]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


@app.command(epilog="Example: ./weir live --hours 2")
def live(
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=168, help="How far back to look.")
    ] = 24,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show what streams have brought, about a minute after it happened."""
    from cli.live import live as verb

    verb(Screen(as_json=as_json), stage, hours)


@app.command(
    epilog="Example: ./weir freshness --stage prod\n\n"
    "Exit codes: 0 every promise is kept · 3 one isn't: data is late, or none came yet"
)
def freshness(stage: Stage = None, as_json: Json = False) -> None:
    """Show how old each dataset's newest data is, against what its contract promises."""
    from cli.freshness import freshness as verb

    verb(Screen(as_json=as_json), stage)


app.add_typer(contracts, name="contracts")
app.add_typer(quarantine, name="quarantine")

new = typer.Typer(help="Begin something new in the project.", no_args_is_help=True)
app.add_typer(new, name="new")


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


samples = typer.Typer(help="The sample data that comes with Weir.", no_args_is_help=True)
app.add_typer(samples, name="samples")


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


@app.command(
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


def main(argv: list[str] | None = None) -> int:
    """Run a verb; every error that Weir explains ends as text and an exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    debug = "--debug" in arguments
    arguments = [word for word in arguments if word != "--debug"]
    return _guarded(lambda: app(arguments, prog_name="weir", standalone_mode=False), debug=debug)


def _guarded(call: Callable[[], Any], *, debug: bool) -> int:
    console = Console(stderr=True, highlight=False)
    try:
        code = int(call() or Exit.DONE)
        if code == Exit.INTERRUPTED:  # Typer's answer to Ctrl-C where it doesn't end the process
            raise KeyboardInterrupt
        return code
    except (typer.Exit, SystemExit) as ended:
        return int(getattr(ended, "exit_code", getattr(ended, "code", 0)) or 0)
    except (KeyboardInterrupt, typer.Abort):
        console.print(
            "\nInterrupted. What runs in the background goes on: ./weir status shows it, "
            "./weir down stops it.",
            soft_wrap=True,
        )
        return Exit.INTERRUPTED
    except WeirError as error:
        if debug:
            raise
        from cli.errors import exit_code  # late: it knows boto3, which --help doesn't need

        explain(console, error)
        return exit_code(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # the last resort: a person gets a line, --debug the traceback
        if debug:
            raise
        from cli.errors import unexpected

        return unexpected(console, error)


if __name__ == "__main__":
    sys.exit(main())
