"""States as every machine of the platform has them: bounded in time, with retries that fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_stepfunctions import (
    Chain,
    Choice,
    Condition,
    IntegrationPattern,
    JsonPath,
    Map,
    State,
    TaskInput,
    TaskStateBase,
    Timeout,
)
from aws_cdk.aws_stepfunctions_tasks import GlueStartJobRun, LambdaInvoke
from constructs import Construct

from stacks.constructs.job import JOB_TIMEOUT, SparkJob
from stacks.orchestration.retries import (
    GLUE_BUSY,
    KILLED,
    LEASED,
    OUTGROWN,
    SPARK_LOST,
    THROTTLED,
    Retry,
)

STEP: Final = Duration.minutes(5)
LONG_STEP: Final = Duration.minutes(16)
"""A minute more than Lambda's longest, so that the function's own end is what is seen."""

_timeout = cache(Timeout.duration)
_string_at = cache(JsonPath.string_at)

_USUAL: Final = (LEASED, THROTTLED, KILLED)


class States(Construct):
    """Makes the states of one machine; their names are told in its history."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "States")

    def call(
        self,
        name: str,
        function: IFunction,
        payload: dict[str, Any] | None = None,
        *,
        timeout: Duration = STEP,
        also: Sequence[Retry] = (),
        without: Sequence[Retry] = (),
    ) -> LambdaInvoke:
        """Call a function with `payload` (the state's input, if none); its answer is the output.

        Args:
            also, without: retries beside the usual ones, and those of the usual ones to leave out.
        """
        task = LambdaInvoke(
            self,
            name,
            lambda_function=function,
            payload=None if payload is None else TaskInput.from_object(payload),
            output_path="$.Payload",
            task_timeout=_timeout(timeout),
            retry_on_service_exceptions=False,  # THROTTLED has them, with jitter
        )
        for retry in (*also, *_USUAL):
            if retry not in without:
                retry.add_to(task)
        return task

    def hand_over(
        self, task: LambdaInvoke, name: str, function: IFunction, **subject: str
    ) -> LambdaInvoke:
        """Where a task's function has outgrown itself, call another that leaves it to Spark.

        Args:
            subject: what it was at, `dataset` or `batch_id`: itself, or its place in the input.
        """
        payload = {
            "run_id": _string_at("$.run_id"),
            **{
                name: _string_at(value) if value.startswith("$") else value
                for name, value in subject.items()
            },
            "error": JsonPath.object_at("$.error"),
        }
        handed = self.call(name, function, payload)
        task.add_catch(handed, errors=list(OUTGROWN), result_path="$.error")
        return handed

    def spark(self, name: str, job: SparkJob, *, run_id: str = "$.run_id") -> GlueStartJobRun:
        """Run a job to its end; the state's input goes on.

        Args:
            run_id: where it stands in the input.
        """
        task = GlueStartJobRun(
            self,
            name,
            glue_job_name=job.name,
            integration_pattern=IntegrationPattern.RUN_JOB,
            arguments=TaskInput.from_object({"--run_id": JsonPath.string_at(run_id)}),
            result_path=JsonPath.DISCARD,
            task_timeout=_timeout(JOB_TIMEOUT),  # becomes the timeout of the run
        )
        for retry in (GLUE_BUSY, SPARK_LOST):
            retry.add_to(task)
        return task

    def each(
        self,
        name: str,
        items: str,
        at_once: int,
        work: Chain | TaskStateBase,
        selector: dict[str, Any] | None = None,
    ) -> Map:
        """Work on every item; the state's input goes on."""
        state = Map(
            self,
            name,
            items_path=items,
            max_concurrency=at_once,
            item_selector=selector,
            result_path=JsonPath.DISCARD,
        )
        return state.item_processor(work)

    def either(self, name: str, flag: str, yes: State, no: State) -> Choice:
        """Go one way where the flag is true, the other where it isn't."""
        true = Condition.boolean_equals(flag, True)
        return Choice(self, name).when(true, yes).otherwise(no)
