"""Which exit code an error gives."""

from __future__ import annotations

from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.push_check import WrongFile
from cli.screen import Exit, WrongUsage, explain
from cli.sql import UnknownFormat
from cli.target import NoCredentials, UnknownRun
from cli.tools import ToolsMissing
from dataplatform.errors import InvalidRunInput, WeirError
from embedded_aws.errors import EmbeddedAwsError

_ENVIRONMENT = (EmbeddedAwsError, NoCredentials, ToolsMissing)
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_USAGE = (InvalidRunInput, UnknownFormat, UnknownRun, WrongUsage, WrongFile)


def unexpected(console: Console, error: Exception) -> int:
    """Explain an error that isn't Weir's own: wrong usage, an AWS call, or a fault of Weir."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # Typer's, of any kind
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "weir"
        what, why = error.format_message().replace("Value error, ", ""), "Nothing was done."
        if not what:  # a group without its verb: Typer has shown the help instead
            return int(error.exit_code)
        explain(console, WeirError(what, why=why, remedy=f"Usage: ./{path} --help"))
        return int(error.exit_code)
    name = type(error).__name__
    what = f"{name}: {' '.join(str(error).split())[:300]}"
    if isinstance(error, ClientError):
        why, remedy = "AWS refused a call.", "The call: the same command with --debug"
    elif isinstance(error, BotoCoreError):
        why, remedy = _unreachable(error)
    else:
        why = "Weir didn't expect this, so it is a fault of Weir."
        remedy = "Where it happened: the same command with --debug"
    explain(console, WeirError(what, why=why, remedy=remedy))
    return Exit.ENVIRONMENT if isinstance(error, BotoCoreError) else Exit.FAILED


def _unreachable(error: BotoCoreError) -> tuple[str, str]:
    """Why AWS doesn't answer, and what helps: the embedded one is known by its address."""
    address = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname
    if address in _THIS_MACHINE:
        return (
            "The embedded AWS doesn't answer; what was published stays.",
            "Start it: ./weir up. What was under way is carried on",
        )
    return (
        "AWS can't be reached.",
        "Check AWS_REGION and the credentials (aws sts get-caller-identity)",
    )


def exit_code(error: WeirError) -> Exit:
    """The documented exit code of an error."""
    if isinstance(error, _ENVIRONMENT):
        return Exit.ENVIRONMENT
    if isinstance(error, _USAGE):
        return Exit.USAGE
    return Exit.FAILED
