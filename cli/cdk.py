"""`weir cdk`"""

from __future__ import annotations

import subprocess

import typer

from cli.target import ROOT
from cli.tools import Tools


def cdk(arguments: list[str]) -> None:
    """Hand everything to the pinned CDK CLI, with its exit code."""
    tools = Tools.load()
    ended = subprocess.run(tools.cdk(*arguments), cwd=ROOT, env=tools.environment(), check=False)
    raise typer.Exit(ended.returncode)
