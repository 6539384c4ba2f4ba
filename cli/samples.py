"""`weir samples`"""

from __future__ import annotations

import shutil
from datetime import datetime

import typer
from rich.prompt import Confirm

from cli.sample_sources import present
from cli.screen import Screen
from cli.target import ROOT, NotDeployed, Target
from cli.tools import Tools
from embedded_aws.samples import PROJECT_FOLDERS
from embedded_aws.samples.producer import STREAM, day_of_events, put


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


def replay(screen: Screen, day: datetime) -> None:
    """Put a day of the sample's sales to its delivery stream, as its tills would.

    Raises:
        NotDeployed: the stage has no such stream.
    """
    tools, target = Tools.load(), Target.choose(None)
    if STREAM not in (plan.dataset for plan in target.plan.datasets):
        gone = f"It left with ./weir samples remove: git checkout -- {' '.join(PROJECT_FOLDERS)}"
        raise NotDeployed(
            f"stage {target.stage} has no stream of {STREAM}",
            why="The sample's tills have nowhere to send their sales; nothing was sent.",
            remedy="Deploy it: ./weir up" if present() else f"{gone}; then ./weir up",
        )
    with screen.task("replay", f"{day:%Y-%m-%d}") as task:
        stream = target.names.stream(STREAM)
        found = day_of_events(tools.raw, day.date())
        count = put(target.client("firehose"), stream, found)
        task.detail = f"{count:,} events of {day:%Y-%m-%d} to {stream}"
    screen.say(" They land after about a minute: ./weir live; into the lake: ./weir run")
    screen.result({"day": f"{day:%Y-%m-%d}", "stream": stream, "events": count})
