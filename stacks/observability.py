"""Observability: who is told, one dashboard, and the alarms that matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aws_cdk import CfnOutput, Duration
from aws_cdk.aws_cloudwatch import AlarmStatusWidget, Dashboard, GraphWidget, Metric
from aws_cdk.aws_lambda import IFunction
from constructs import Construct

from dataplatform import metrics
from stacks.constructs.alerts import Alerts
from stacks.constructs.freshness import FreshnessMeter
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.orchestration import OrchestrationStack
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

_FIVE_MINUTES = Duration.minutes(5)
_OLDER: Final = "The newest published data of {dataset} is older"
_WAITS: Final = "What has landed of {dataset} waits longer to be published"


class ObservabilityStack(PlatformStack):
    """Few alarms, each of which asks for an action."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        lake: LakeStack,
        state: PlatformState,
        ingestion: IngestionStack,
        orchestration: OrchestrationStack,
        warehouse: WarehouseStack,
    ) -> None:
        super().__init__(
            scope, "observability", stage=stage, description="Weir: alerts, alarms, dashboard"
        )
        self._pipeline = orchestration.pipeline
        self._ingestion = ingestion
        self._starter = orchestration.start_run
        self.alerts = Alerts(self, "Alerts", stage=stage, key=lake.operations_key)
        self._tell_of_failures(orchestration)
        self._functions: list[IFunction] = [
            node
            for stack in (ingestion, orchestration)
            for node in stack.node.find_all()
            if isinstance(node, PlatformFunction)
        ]
        functions = FunctionFactory(self, "Functions", stage=stage, log_key=lake.operations_key)
        self._freshness = FreshnessMeter(
            self, "Freshness", stage=stage, state=state, functions=functions
        )
        self._functions.append(self._freshness.function)
        self._add_alarms(scheduled=bool(stage.schedule))
        self._add_dashboard(warehouse)
        CfnOutput(self, "AlertsTopicArn", value=self.alerts.topic.topic_arn)

    def _tell_of_failures(self, orchestration: OrchestrationStack) -> None:
        self.alerts.on_failure_of(
            "Failed",
            orchestration.pipeline,
            name="pipeline",
            remedy="aws stepfunctions redrive-execution --execution-arn",
        )
        self.alerts.on_failure_of(
            "MaintenanceFailed",
            orchestration.maintenance.machine,
            name="maintenance",
            remedy=f"./weir maintain --stage {self.stage.name}; tables are as they were. It was",
        )

    def _add_alarms(self, *, scheduled: bool) -> None:
        dead = self._ingestion.arrivals.dead_letters
        self.alerts.alarm(
            "DeadLetters",
            dead.metric_approximate_number_of_messages_visible(period=_FIVE_MINUTES),
            what="Landed objects could not be registered. Mend the cause, then redrive the queue.",
        )
        self.alerts.alarm(
            "OldestArrival",
            self._ingestion.arrivals.queue.metric_approximate_age_of_oldest_message(
                period=_FIVE_MINUTES
            ),
            what="Landed objects wait for 15 minutes to be registered.",
            threshold=Duration.minutes(15).to_seconds(),
        )
        for construct_id, trigger in (
            ("RegisterErrors", self._ingestion.register_object),
            ("StarterErrors", self._starter),
        ):
            self.alerts.alarm(
                construct_id,
                trigger.metric_errors(period=Duration.hours(1)),
                what="A function before the pipeline fails, so no execution can tell of it.",
                # A scheduled call is tried three times, then not before the next hour.
                threshold=3,
            )
        self.alerts.alarm(
            "SweepErrors",
            self._ingestion.sweep.function.metric_errors(period=Duration.hours(1)),
            what="Landing isn't held against the ledger: an object whose event was lost stays out.",
        )
        if scheduled:
            self._hold_to("Freshness", self._freshness.promises, self._freshness.age, _OLDER)
            self._hold_to("Latency", self._freshness.latencies, self._freshness.wait, _WAITS)

    def _hold_to(
        self,
        kind: str,
        promises: Mapping[str, Duration],
        measured: Callable[[str], Metric],
        broken: str,
    ) -> None:
        """An alarm for each dataset whose contract promises such a time.

        Args:
            promises: dataset -> the longest time that is promised.
            measured: dataset -> the metric of it.
            broken: what is said where it takes longer, of `{dataset}`.
        """
        for dataset, promised in promises.items():
            self.alerts.alarm(
                f"{kind}-{dataset.replace('_', '-')}",
                measured(dataset),
                what=f"{broken.format(dataset=dataset)} than its contract promises "
                f"({promised.to_human_string()}), or nobody has measured it for half an hour."
                f"{_asked(self._freshness.contacts[dataset])}",
                threshold=promised.to_seconds(),
                periods=2,  # a measurement may slip from one period into the next
                silence_is_bad=True,
            )

    def _of_runs(self, name: str) -> Metric:
        """A figure of each run's books, as close_run tells it."""
        space = metrics.namespace(self.stage.name)
        return Metric(namespace=space, metric_name=name, statistic="Sum")

    def _add_dashboard(self, warehouse: WarehouseStack) -> None:
        Dashboard(
            self,
            "Dashboard",
            dashboard_name=self.stage.names.resource("platform"),
            widgets=[
                [AlarmStatusWidget(alarms=self.alerts.alarms, title="Alarms", width=24)],
                [self._runs(), self._arrivals()],
                [self._records_and_cost(), self._function_errors()],
                [self._ages()],
                [self._function_times(), _warehouse_use(warehouse)],
            ],
        )

    def _runs(self) -> GraphWidget:
        pipeline = self._pipeline
        return GraphWidget(
            title="Runs",
            left=[
                pipeline.metric_succeeded(),
                pipeline.metric_failed(),
                pipeline.metric_timed_out(),
            ],
            right=[pipeline.metric_time()],
        )

    def _arrivals(self) -> GraphWidget:
        arrivals = self._ingestion.arrivals
        return GraphWidget(
            title="Arrivals",
            left=[
                arrivals.queue.metric_number_of_messages_received(),
                arrivals.dead_letters.metric_approximate_number_of_messages_visible(),
            ],
        )

    def _records_and_cost(self) -> GraphWidget:
        return GraphWidget(
            title="Records, and what runs cost (US$, list prices)",
            left=[
                self._of_runs(metrics.records("source")),
                self._of_runs(metrics.records("quarantined")),
            ],
            right=[self._of_runs(metrics.COST)],
        )

    def _function_errors(self) -> GraphWidget:
        return GraphWidget(
            title="Function errors",
            left=[function.metric_errors() for function in self._functions],
        )

    def _ages(self) -> GraphWidget:
        return GraphWidget(
            title="Age of the newest data",
            left=[self._freshness.age(name).with_(label=name) for name in self._freshness.promises],
            width=24,
        )

    def _function_times(self) -> GraphWidget:
        return GraphWidget(
            title="Function time (p95)",
            left=[function.metric_duration(statistic="p95") for function in self._functions],
        )


def _warehouse_use(warehouse: WarehouseStack) -> GraphWidget:
    return GraphWidget(
        title="Warehouse, RPU seconds",
        left=[
            Metric(
                namespace="AWS/Redshift-Serverless",
                metric_name="ComputeSeconds",
                dimensions_map={"Workgroup": warehouse.workgroup_name},
                statistic="Sum",
            )
        ],
    )


def _asked(contact: str) -> str:
    return f" Whose data it is: {contact}." if contact else ""
