"""What can go wrong with the machine under the embedded AWS."""

from __future__ import annotations

from dataplatform.errors import WeirError


class EmbeddedAwsError(WeirError):
    """Base of the embedded AWS's errors; the command line exits with 4 (environment)."""


class PortTaken(EmbeddedAwsError):
    """The requested port belongs to another process."""


class DiskFull(EmbeddedAwsError):
    """Too little space where the state is kept."""


class StartFailed(EmbeddedAwsError):
    """A process ended, or wasn't ready in time; the message ends with its log."""


class StopFailed(EmbeddedAwsError):
    """A process outlived SIGKILL."""


class NotRunning(EmbeddedAwsError):
    """The embedded AWS of this state directory isn't running."""
