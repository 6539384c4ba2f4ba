"""`weir`: its verbs put together, with their order and exit codes."""

from __future__ import annotations

import tomllib
from typing import Annotated, Any, Final

import typer

from cli.flags import Verbs, bare
from cli.verbs.contracts import contracts
from cli.verbs.data import data
from cli.verbs.new import new
from cli.verbs.pipeline import pipeline
from cli.verbs.platform import platform
from cli.verbs.project import project
from cli.verbs.quarantine import quarantine
from cli.verbs.samples import samples
from cli.wrapper import ROOT

_EPILOG = (
    "Exit codes: 0 done · 1 failed · 2 wrong usage (a query that is refused, too) · "
    "3 done, but records of the run wait in quarantine, objects in landing, or a dataset is held "
    "(up, run, push, status --run), or data is late (freshness) · "
    "4 environment (port, disk, credentials) · 130 interrupted. --debug with any verb shows a "
    "traceback where it fails."
)

_PANELS: Final = {
    "The platform": ("up", "status", "env", "down"),
    "Data": (
        *("new", "push", "run", "redrive", "backfill", "maintain"),
        *("sql", "live", "freshness", "quarantine", "logs", "samples"),
    ),
    "The project": ("contracts", "test", "bench", "lock", "cdk"),
}
"""Verbs as `--help` tells of them: by what they are about, in this order."""

_ORDER: Final = {
    name: (panel, place)
    for place, (panel, name) in enumerate((p, n) for p, names in _PANELS.items() for n in names)
}


class _InOrder(Verbs):
    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return sorted(super().list_commands(ctx), key=lambda name: _ORDER[name][1])

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.rich_help_panel = _ORDER[cmd_name][0]  # type: ignore[attr-defined]
        return command


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
bare(app)


def _tell_version(asked: bool) -> None:
    if asked:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        typer.echo(f"weir {project['version']}")
        raise typer.Exit


@app.callback()
def _weir(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options that stand before any verb."""
