"""`weir down`"""

from __future__ import annotations

import shutil

import typer
from rich.prompt import Confirm

from cli.deployment import ASSEMBLY
from cli.screen import Screen
from cli.target import STATE
from embedded_aws import supervisor


def down(screen: Screen, *, erase: bool, yes: bool) -> None:
    """Stop the embedded platform, and erase its data where that was asked for and confirmed."""
    if erase and not yes:
        screen.say(f"This deletes all data of the embedded platform in {STATE}.")
        if not screen.live:  # nobody can be asked
            screen.say("Nothing was done. Confirm with --yes.")
            raise typer.Exit(1)
        erase = Confirm.ask("Delete it?", console=screen.console, default=False)
    ran = supervisor.stop(STATE)
    if erase:
        if ASSEMBLY.exists():  # before the rest: a directory that is empty then goes too
            shutil.rmtree(ASSEMBLY)
        supervisor.erase(STATE)
    screen.say("Stopped." if ran else "Nothing was running.")
    screen.say("Erased." if erase else f"Data stays in {STATE}; ./weir down --erase deletes it.")
    screen.result({"stopped": ran, "erased": erase})
