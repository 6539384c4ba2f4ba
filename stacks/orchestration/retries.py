"""Which errors of a step pass by themselves, and which tell that it has outgrown its function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_stepfunctions import JitterType, TaskStateBase

_seconds = cache(Duration.seconds)
"""Few values in many states; each is made in the CDK's own process."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Errors that pass by themselves, and how patiently to wait for that."""

    errors: tuple[str, ...]
    first: int
    longest: int
    attempts: int

    def add_to(self, task: TaskStateBase) -> None:
        """With full jitter, so that what failed together doesn't come back together."""
        task.add_retry(
            errors=list(self.errors),
            interval=_seconds(self.first),
            backoff_rate=2,
            max_delay=_seconds(self.longest),
            max_attempts=self.attempts,
            jitter_strategy=JitterType.FULL,
        )


THROTTLED: Final = Retry(
    errors=(
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    first=2,
    longest=60,
    attempts=8,
)
KILLED: Final = Retry(
    # Out of time or memory. Every step may be repeated; a second try meets a warm function.
    errors=("Sandbox.Timedout", "Lambda.Unknown", "States.Timeout"),
    first=5,
    longest=30,
    attempts=1,
)
LEASED: Final = Retry(errors=("LeaseHeld",), first=5, longest=60, attempts=40)
OUTGROWN: Final = (
    # What the engine and Python say themselves; then how the runtime, Lambda and Step Functions
    # tell of a function that was killed. A second try would end the same way.
    "TooLarge",
    "NotForThisEngine",
    "MemoryError",
    "Runtime.OutOfMemory",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "Lambda.Unknown",
    "States.Timeout",
)
SOURCE_DOWN: Final = Retry(errors=("SourceUnavailable",), first=10, longest=300, attempts=6)
WAREHOUSE_BUSY: Final = Retry(
    # As the Data API's model names them: all else reaches a state machine as `ClientError`.
    errors=(
        "ActiveStatementsExceededException",
        "ActiveSessionsExceededException",
        "InternalServerException",
    ),
    first=5,
    longest=60,
    attempts=8,
)
GLUE_BUSY: Final = Retry(
    errors=(
        "Glue.ConcurrentRunsExceededException",
        "Glue.ResourceNumberLimitExceededException",
        "Glue.OperationTimeoutException",
        "Glue.InternalServiceException",
        "Glue.ThrottlingException",
    ),
    first=15,
    longest=300,
    attempts=12,
)
SPARK_LOST: Final = Retry(
    # A worker or the driver was lost. A commit made before that is found and not made again.
    errors=("States.TaskFailed",),
    first=15,
    longest=60,
    attempts=1,
)
