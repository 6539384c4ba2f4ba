"""Custom resource: completes what CloudFormation can declare of the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3

from lambdas.complete_warehouse.logic import complete_warehouse
from lambdas.custom_resource import Answer, answer
from lambdas.runtime import LambdaContext, logger

log = logger("complete-warehouse")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """{"Namespace", "WorkgroupArn", "RpuHours"} -> attribute "AdminSecretArn"."""
    answer(event, context, _work)


def _work(properties: Mapping[str, Any]) -> Answer:
    return complete_warehouse(
        boto3.client("redshift-serverless"),
        namespace=properties["Namespace"],
        workgroup_arn=properties["WorkgroupArn"],
        rpu_hours=int(properties["RpuHours"]),
    )
