"""How old the newest data of each dataset is, told by a meter that doesn't need the pipeline."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Metric
from constructs import Construct

from dataplatform.metrics import DATA_AGE, DATA_WAIT, DATASET, namespace
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.schedule import call_every
from stacks.constructs.state import PlatformState
from stacks.stage import Stage

INTERVAL: Final = Duration.minutes(15)
"""How often ages are measured, and the period of the alarms on them."""


class FreshnessMeter(Construct):
    """A function that writes each dataset's age to CloudWatch; on a schedule if the stage has one.

    A pipeline that is dead lets ages grow; a meter that is dead is silent. Both alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        state: PlatformState,
        functions: FunctionFactory,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.promises = {
            dataset.dataset: Duration.minutes(dataset.freshness_minutes)
            for dataset in state.plans.plan.datasets
            if dataset.freshness_minutes is not None
        }
        self.latencies = {
            dataset.dataset: Duration.minutes(dataset.latency_minutes)
            for dataset in state.plans.plan.datasets
            if dataset.latency_minutes is not None
        }
        self.contacts = {each.dataset: each.contact for each in state.plans.plan.datasets}
        self.function = PlatformFunction(
            functions,
            "measure_freshness",
            description="Tells how old the newest data of each dataset is",
            settings=state.settings,
        )
        state.grant_look(self.function)
        if stage.schedule:
            call_every(
                self,
                INTERVAL,
                self.function,
                name=stage.names.resource("freshness"),
                description="Measures how old the newest data is",
            )

    def age(self, dataset: str) -> Metric:
        """Seconds since the newest published object of the dataset arrived."""
        return self._figure(DATA_AGE, dataset)

    def wait(self, dataset: str) -> Metric:
        """Seconds for which the dataset's oldest unpublished object has waited."""
        return self._figure(DATA_WAIT, dataset)

    def _figure(self, name: str, dataset: str) -> Metric:
        return Metric(
            namespace=namespace(self._stage.name),
            metric_name=name,
            dimensions_map={DATASET: dataset},
            period=INTERVAL,
            statistic="Maximum",
        )
