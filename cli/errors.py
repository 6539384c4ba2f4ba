"""Which exit code an error gives."""

from __future__ import annotations

from cli.screen import Exit
from cli.target import NoCredentials
from cli.tools import ToolsMissing
from dataplatform.errors import InvalidRunInput, WeirError
from embedded_aws.errors import EmbeddedAwsError

_ENVIRONMENT = (EmbeddedAwsError, NoCredentials, ToolsMissing)


def exit_code(error: WeirError) -> Exit:
    """The documented exit code of an error."""
    if isinstance(error, _ENVIRONMENT):
        return Exit.ENVIRONMENT
    if isinstance(error, InvalidRunInput):
        return Exit.USAGE
    return Exit.FAILED
