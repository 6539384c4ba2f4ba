"""State machines: named, traced, every step logged under the operations key."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_logs import LogGroup
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine
from constructs import Construct

from stacks.constructs.wildcards import FUNCTION_VERSIONS, Wildcard, accept_wildcards
from stacks.stage import Stage

_DELIVERY = Wildcard(
    "Resource::*", "Log delivery and X-Ray take no resource: AWS documents `*` for both."
)


def state_machine(
    scope: Construct,
    *,
    stage: Stage,
    key: IKey,
    name: str,
    comment: str,
    definition: DefinitionBody,
    timeout: Duration,
    ids: tuple[str, str] = ("Machine", "Log"),
) -> StateMachine:
    """A machine with its log group.

    Args:
        key: logs are encrypted with it.
        ids: of the machine and of its log group within the scope.
    """
    machine_id, log_id = ids
    log_group = LogGroup(
        scope,
        log_id,
        # Below this prefix the policy of a log group doesn't grow with each state machine.
        log_group_name=f"/aws/vendedlogs/states/{name}",
        retention=stage.log_retention,
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,
    )
    machine = StateMachine(
        scope,
        machine_id,
        state_machine_name=name,
        comment=comment,
        definition_body=definition,
        timeout=timeout,
        tracing_enabled=True,
        logs=LogOptions(destination=log_group, level=LogLevel.ALL, include_execution_data=True),
    )
    accept_wildcards(machine, FUNCTION_VERSIONS, _DELIVERY)
    return machine
