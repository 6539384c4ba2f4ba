"""Whom to tell: one encrypted topic, and the events and alarms that reach it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk.aws_cloudwatch import (
    Alarm,
    ComparisonOperator,
    IMetric,
    TreatMissingData,
)
from aws_cdk.aws_cloudwatch_actions import SnsAction
from aws_cdk.aws_events import EventField, Rule, RuleTargetInput
from aws_cdk.aws_events_targets import SnsTopic
from aws_cdk.aws_iam import IGrantable, PolicyStatement
from aws_cdk.aws_kms import IKey, Key
from aws_cdk.aws_sns import Topic
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from aws_cdk.aws_stepfunctions import IStateMachine
from constructs import Construct

from stacks.constructs import executions
from stacks.constructs.arns import arn, service
from stacks.constructs.wildcards import KMS_USE, accept_wildcards, allow
from stacks.stage import Stage

_TOPIC = "alerts"


def alerts_topic_arn(stage: Stage) -> str:
    """The topic's ARN, by its name: alarms watch the functions that write to it, so that a
    reference to it would be a circle.
    """
    return arn("sns", stage.names.resource(_TOPIC))


def grant_alert(grantee: IGrantable, *, stage: Stage, key: IKey) -> None:
    """Publish to the topic, which this key encrypts."""
    allow(grantee, ["sns:Publish"], [alerts_topic_arn(stage)])
    key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey*")
    accept_wildcards(grantee, *KMS_USE)


class Alerts(Construct):
    """A topic that alarms and failed executions write to, and the operator reads."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: IKey) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.topic = Topic(
            self,
            "Topic",
            topic_name=stage.names.resource(_TOPIC),
            display_name=f"Weir {stage.name}",
            # As a reference: rules would write themselves into the key's policy, unconditionally;
            # the key has statements of its own for them.
            master_key=Key.from_key_arn(self, "Key", key.key_arn),
            enforce_ssl=True,
        )
        self._let_alarms_publish()
        self.alarms: list[Alarm] = []
        if stage.alarm_email:
            self.topic.add_subscription(EmailSubscription(stage.alarm_email))

    def _let_alarms_publish(self) -> None:
        """A topic with a policy of its own has lost the default one, which let alarms in."""
        alarms = arn("cloudwatch", "alarm", self._stage.names.resource("*"), separator=":")
        self.topic.add_to_resource_policy(
            PolicyStatement(
                sid="Alarms",
                principals=[service("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": alarms},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )

    def on_failure_of(
        self, construct_id: str, machine: IStateMachine, *, name: str, remedy: str
    ) -> None:
        """Say which execution failed and what to do.

        Args:
            name: what the machine is called: `pipeline`, `maintenance`.
            remedy: what to type; the execution's ARN follows.
        """
        Rule(
            self,
            construct_id,
            rule_name=self._stage.names.resource(f"{name}-failed"),
            description=f"A run of the {name} failed",
            event_pattern=executions.ended(machine, "FAILED", "TIMED_OUT", "ABORTED"),
            targets=[
                SnsTopic(
                    self.topic,
                    message=RuleTargetInput.from_multiline_text(
                        f"Weir {self._stage.name}: the {name} "
                        f"{EventField.from_path('$.detail.status')}.\n"
                        f"Execution: {EventField.from_path('$.detail.executionArn')}\n"
                        f"Error: {EventField.from_path('$.detail.error')}\n"
                        f"Mend the cause, then: {remedy} "
                        f"{EventField.from_path('$.detail.executionArn')}"
                    ),
                )
            ],
        )

    def alarm(
        self,
        construct_id: str,
        metric: IMetric,
        *,
        what: str,
        threshold: float = 1,
        periods: int = 1,
        silence_is_bad: bool = False,
    ) -> Alarm:
        """Alarm where a metric reaches a threshold in so many periods in a row."""
        alarm = Alarm(
            self,
            construct_id,
            alarm_name=self._stage.names.resource(construct_id.lower()),
            alarm_description=what,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=(
                TreatMissingData.BREACHING if silence_is_bad else TreatMissingData.NOT_BREACHING
            ),
        )
        alarm.add_alarm_action(SnsAction(self.topic))
        self.alarms.append(alarm)
        return alarm
