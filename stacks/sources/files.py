"""Files that land in the bucket: each arrival is a message, and each message a ledger item."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration
from aws_cdk.aws_events import EventPattern, Rule
from aws_cdk.aws_events_targets import SqsQueue
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from aws_cdk.aws_s3 import IBucket
from aws_cdk.aws_sqs import DeadLetterQueue, Queue, QueueEncryption
from constructs import Construct

from stacks.constructs.nag import acknowledge
from stacks.stage import Stage

CONCURRENCY = 2
"""Of pollers. Reserved concurrency would take it away from all else: a new account has ten."""

_RECEIVES = 5


class ArrivalQueue(Construct):
    """Objects created in a bucket, queued for one function, with a dead-letter queue.

    Queues are encrypted by SQS: a message holds an object's name, never a row, and EventBridge
    could use a key of ours only if the key's policy named the rule, which lives in another stack.

    Args:
        batch_window: how long a burst is gathered before the function is called.
        delay: how long a message waits first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        bucket: IBucket,
        function: IFunction,
        function_timeout: Duration,
        name: str,
        batch_window: Duration,
        delay: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = Queue(
            self,
            "DeadLetters",
            queue_name=stage.names.resource(f"{name}-dead-letters"),
            encryption=QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self.dead_letters, "AwsSolutions-SQS3", "It is the dead-letter queue.")
        self.queue = Queue(
            self,
            "Queue",
            queue_name=stage.names.resource(name),
            encryption=QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            delivery_delay=delay,
            # AWS asks for six times the function's timeout, plus the window.
            visibility_timeout=Duration.seconds(
                6 * int(function_timeout.to_seconds()) + int(batch_window.to_seconds())
            ),
            dead_letter_queue=DeadLetterQueue(queue=self.dead_letters, max_receive_count=_RECEIVES),
        )
        self._listen_to(bucket, rule_name=stage.names.resource(name))
        function.add_event_source(
            SqsEventSource(
                self.queue,
                batch_size=100,
                max_batching_window=batch_window,
                max_concurrency=CONCURRENCY,
                report_batch_item_failures=True,
            )
        )

    def _listen_to(self, bucket: IBucket, *, rule_name: str) -> None:
        Rule(
            self,
            "Rule",
            rule_name=rule_name,
            description="An object has landed",
            event_pattern=EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [bucket.bucket_name]}},
            ),
            targets=[SqsQueue(self.queue, dead_letter_queue=self.dead_letters)],
        )

    def output_urls(self, prefix: str) -> None:
        """Stack outputs `<prefix>QueueUrl` and `DeadLetterQueueUrl`."""
        scope = self.node.scope
        assert isinstance(scope, Construct)
        CfnOutput(scope, f"{prefix}QueueUrl", value=self.queue.queue_url)
        CfnOutput(scope, "DeadLetterQueueUrl", value=self.dead_letters.queue_url)
