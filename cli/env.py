"""`weir env`: what other tools need to reach the embedded platform as they would reach AWS."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import typer

from cli.screen import Screen
from cli.target import STATE, Target
from embedded_aws.client import client_environment


def env(screen: Screen, *, unset: bool) -> None:
    """Print what a shell evaluates; nothing else, and nothing that is broken to a width.

    Args:
        unset: take the variables away again.

    Raises:
        NotRunning: the embedded AWS isn't up.
    """
    target = Target.choose(None)
    variables = {**client_environment(STATE), "WEIR_PIPELINE_ARN": target.output("PipelineArn")}
    screen.result(variables)
    if not screen.as_json:
        typer.echo(_unset(variables) if unset else _exports(variables))


def _exports(variables: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _unset(variables: Mapping[str, str]) -> str:
    return f"unset {' '.join(variables)}"
