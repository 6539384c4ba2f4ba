"""Ingestion: APIs are pulled, files are noticed, and both become bronze."""

from __future__ import annotations

from aws_cdk import Duration
from constructs import Construct

from dataplatform.settings import STAGING_STORAGE_MIB, IngestSettings, LakeSettings
from stacks.constructs.function import MAX_MEMORY_MIB, FunctionFactory, PlatformFunction
from stacks.constructs.probe import SourceProbe
from stacks.constructs.stack import PlatformStack
from stacks.constructs.state import PlatformState
from stacks.constructs.sweep import LandingSweep
from stacks.lake import LakeStack
from stacks.sources.api import ApiSource
from stacks.sources.files import ArrivalQueue
from stacks.sources.model import source_names
from stacks.stage import Stage

_REGISTER_TIMEOUT = Duration.seconds(60)


class IngestionStack(PlatformStack):
    """`ingest_api`, `register_object`, `sweep_landing`, `stage_batch`, `probe_sources`, and what
    triggers them.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, lake: LakeStack, state: PlatformState
    ) -> None:
        super().__init__(
            scope, "ingestion", stage=stage, description="Weir: from sources to bronze"
        )
        self._state = state
        self._lake = lake
        self._functions = FunctionFactory(
            self, "Functions", stage=stage, log_key=lake.operations_key
        )
        self.register_object = self._register_object()
        self.sweep = LandingSweep(
            self,
            "Sweep",
            stage=stage,
            state=state,
            functions=self._functions,
            landing=lake.landing,
        )
        self.probe = SourceProbe(
            self,
            "Probe",
            stage=stage,
            state=state,
            functions=self._functions,
            key=lake.operations_key,
        )
        self.ingest_api = self._ingest_api()
        self.stage_batch = self._stage_batch()
        self.arrivals = ArrivalQueue(
            self,
            "Arrivals",
            stage=stage,
            bucket=lake.landing.bucket,
            function=self.register_object,
            function_timeout=_REGISTER_TIMEOUT,
            name="register",
            batch_window=Duration.seconds(1),
        )
        self.arrivals.output_urls("Register")

    def _register_object(self) -> PlatformFunction:
        function = PlatformFunction(
            self._functions,
            "register_object",
            description="Registers landed objects in the ledger",
            settings=self._state.settings,
            timeout=_REGISTER_TIMEOUT,
        )
        self._state.grant_use(function)
        return function

    def _ingest_api(self) -> PlatformFunction:
        function = PlatformFunction(
            self._functions,
            "ingest_api",
            description="Pulls one bounded portion of an API into landing",
            settings=IngestSettings(
                **self._state.fields, landing_bucket=self._lake.landing.bucket_name
            ),
            memory=1024,
            timeout=Duration.minutes(5),
        )
        self._state.grant_use(function)
        self._lake.landing.grant_put(function)
        for source in source_names(self._state.plans.plan):
            api = ApiSource(self, source, stage=self.stage, key=self._lake.operations_key)
            api.grant_pull(function)
            api.grant_pull(self.probe.function)
        return function

    def _stage_batch(self) -> PlatformFunction:
        function = PlatformFunction(
            self._functions,
            "stage_batch",
            description="Streams landed objects into bronze",
            settings=LakeSettings(**self._state.fields, **self._lake.bucket_fields),
            memory=MAX_MEMORY_MIB,
            storage=STAGING_STORAGE_MIB,
            timeout=Duration.minutes(15),
            lake=True,
        )
        self._state.grant_use(function)
        self._lake.landing.grant_read(function)
        self._lake.bronze.grant_write(function)
        self._lake.quarantine.grant_write(function)
        return function
