"""`weir cdk`"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Final

import boto3
import typer
from botocore.exceptions import BotoCoreError

from cli.target import ROOT, NoCredentials
from cli.tools import Tools

_OF_AN_ACCOUNT: Final = frozenset(
    {"bootstrap", "deploy", "destroy", "drift", "gc", "import", "migrate", "rollback", "watch"}
)
"""What the CDK CLI can do nothing of without an account; `diff` and `synth` need none."""

_ELSEWHERE: Final = ("-h", "--help", "--plugin")
"""Nothing is asked of AWS, or a plugin of the CDK CLI has the credentials."""


def cdk(arguments: list[str]) -> None:
    """Hand everything to the pinned CDK CLI, with its exit code.

    Raises:
        NoCredentials: an account is needed, and nobody says which.
    """
    _require_credentials(arguments)
    tools = Tools.load()
    ended = subprocess.run(tools.cdk(*arguments), cwd=ROOT, env=tools.environment(), check=False)
    raise typer.Exit(ended.returncode)


def _require_credentials(arguments: Sequence[str]) -> None:
    """Look where the CDK CLI will look, before it has synthesized for a minute."""
    verbs = [word for word in arguments if word in _OF_AN_ACCOUNT]
    if not verbs or any(word.startswith(_ELSEWHERE) for word in arguments):
        return
    profile = _profile(arguments)
    try:
        found = boto3.Session(profile_name=profile).get_credentials()
        why_not = "none were found"
    except BotoCoreError as error:
        found, why_not = None, str(error)
    if found is None:
        raise NoCredentials(
            f"cdk {verbs[0]} has no AWS credentials: {why_not}",
            why="It works on an AWS account. Nothing was synthesized or changed.",
            remedy="Name them: AWS_PROFILE, --profile or aws sso login; see docs/deploy.md. "
            "Without an account: ./weir up, or ./weir cdk synth",
        )


def _profile(arguments: Sequence[str]) -> str | None:
    """What `--profile` says, in either form."""
    for word, following in zip(arguments, (*arguments[1:], None), strict=True):
        name, equals, value = word.partition("=")
        if name == "--profile":
            return value if equals else following
    return None
