"""`weir samples`"""

from __future__ import annotations

import shutil

import typer
from rich.prompt import Confirm

from cli.screen import Screen
from cli.target import ROOT
from embedded_aws.samples import PROJECT_FOLDERS


def remove(screen: Screen, *, yes: bool) -> None:
    """Delete the sample's contracts and models, naming them first."""
    found = [ROOT / path for path in PROJECT_FOLDERS if (ROOT / path).is_dir()]
    if not found:
        screen.say("No samples are in the project.")
        screen.result({"removed": []})
        return
    for folder in found:
        screen.say(f" deletes {folder.relative_to(ROOT)}/ ({len(list(folder.rglob('*.*')))} files)")
    if not yes and not (
        screen.live and Confirm.ask("Delete them?", console=screen.console, default=False)
    ):
        screen.say("Nothing was deleted. Confirm with --yes.")
        raise typer.Exit(1)
    for folder in found:
        shutil.rmtree(folder)
    screen.say("Removed. The next ./weir up deploys without them; tables with data stay.")
    screen.result({"removed": [str(folder.relative_to(ROOT)) for folder in found]})
