"""`weir`: its verbs put together, with their order and exit codes."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from cli.verbs.contracts import contracts
from cli.verbs.data import data
from cli.verbs.new import new
from cli.verbs.pipeline import pipeline
from cli.verbs.platform import platform
from cli.verbs.project import project
from cli.verbs.quarantine import quarantine
from cli.verbs.samples import samples

_EPILOG = (
    "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 done, but records of the run wait in "
    "quarantine or objects in landing (up, run, status --run), or data is late (freshness) · "
    "4 environment (port, disk, credentials) · 130 interrupted. --debug with any verb shows a "
    "traceback where it fails."
)

_ORDER = (
    *("up", "run", "push", "redrive", "backfill", "maintain"),
    *("status", "sql", "logs", "down"),
    *("test", "lock", "bench"),
    *("live", "freshness", "cdk"),
    *("contracts", "quarantine", "new", "samples"),
)
"""As `--help` tells of them."""


class _InOrder(TyperGroup):
    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return sorted(super().list_commands(ctx), key=_ORDER.index)


app = typer.Typer(
    name="weir",
    cls=_InOrder,
    help="An AWS data platform as Python code, on this machine or in an account.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for verbs in (platform, pipeline, data, project):
    app.add_typer(verbs)
app.add_typer(contracts, name="contracts")
app.add_typer(quarantine, name="quarantine")
app.add_typer(new, name="new")
app.add_typer(samples, name="samples")
