"""Lambda functions: one code asset, one log group each, a role of their own."""

from __future__ import annotations

from functools import cache, cached_property

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk.aws_iam import Role
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_lambda import (
    Architecture,
    Code,
    Function,
    ILayerVersion,
    LayerVersion,
    LoggingFormat,
    Runtime,
    RuntimeFamily,
)
from aws_cdk.aws_logs import LogGroup
from constructs import Construct

from dataplatform.settings import Settings
from stacks.assets import lambda_code
from stacks.constructs.arns import service
from stacks.constructs.nag import acknowledge
from stacks.packaging import Layer
from stacks.stage import Stage

MAX_MEMORY_MIB = 3008
"""What a new AWS account allows."""

# Each is made in the CDK's own process, and is the same in every function.
_mebibytes = cache(Size.mebibytes)
_minute = cache(lambda: Duration.minutes(1))
_processor = cache(lambda: Architecture.X86_64)


class FunctionFactory(Construct):
    """What the functions of one stack share: code, layers, key of their logs.

    Layers are versions of this stack: a function in another stack wouldn't notice a new version,
    because references between stacks are weak.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, log_key: IKey) -> None:
        super().__init__(scope, construct_id)
        self.scope = scope
        self.stage = stage
        self.log_key = log_key

    @cached_property
    def code(self) -> Code:
        """dataplatform/ and lambdas/."""
        return Code.from_asset(str(lambda_code()))

    @cached_property
    def runtime(self) -> Runtime:
        """The stage's Python."""
        return Runtime(self.stage.runs_on.function, RuntimeFamily.PYTHON)

    @cached_property
    def base_layer(self) -> ILayerVersion:
        """aws-lambda-powertools."""
        return self._layer("BaseLayer", Layer("base", self.stage.runs_on))

    @cached_property
    def lake_layer(self) -> ILayerVersion:
        """pyarrow, DuckDB and PyIceberg."""
        return self._layer("LakeLayer", Layer("lake", self.stage.runs_on))

    def log_group(self, construct_id: str, *, function_name: str) -> LogGroup:
        """The group that Lambda would make at the first call, without a key and for ever."""
        return LogGroup(
            self.scope,
            construct_id,
            log_group_name=f"/aws/lambda/{function_name}",
            retention=self.stage.log_retention,
            encryption_key=self.log_key,
            # A named group that outlived its stack would block the next deployment.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _layer(self, construct_id: str, layer: Layer) -> ILayerVersion:
        return LayerVersion(
            self,
            construct_id,
            code=Code.from_asset(str(layer.zip()), asset_hash=layer.digest),
            compatible_runtimes=[self.runtime],
            compatible_architectures=[_processor()],
        )


class PlatformFunction(Function):
    """A function `lambdas/<name>/handler.py`.

    Args:
        name: `verb_noun`, the folder in lambdas/.
        settings: written to its environment; the handler reads the same class.
        memory: MiB; CPU grows with it.
        storage: MiB of local disk, for functions whose work passes over it.
        timeout: as short as the work allows: a caller that retries waits for it.
        lake: give it the lake layer too.
        role: where another resource must know the role's name first; else one of its own.
    """

    def __init__(
        self,
        factory: FunctionFactory,
        name: str,
        *,
        settings: Settings,
        description: str,
        memory: int = 256,
        storage: int = 512,
        timeout: Duration | None = None,
        lake: bool = False,
        role: Role | None = None,
    ) -> None:
        scope = factory.scope
        resource_name = factory.stage.names.resource(name.replace("_", "-"))
        construct_id = "".join(word.capitalize() for word in name.split("_"))
        log_group = factory.log_group(f"{construct_id}Log", function_name=resource_name)
        role = role or function_role(scope, f"{construct_id}Role")
        log_group.grant_write(role)
        super().__init__(
            scope,
            construct_id,
            function_name=resource_name,
            description=description,
            runtime=factory.runtime,
            architecture=_processor(),
            handler=f"lambdas.{name}.handler.handler",
            code=factory.code,
            layers=[factory.base_layer, *([factory.lake_layer] if lake else [])],
            memory_size=memory,
            ephemeral_storage_size=_mebibytes(storage),
            timeout=timeout or _minute(),
            environment={
                **settings.to_environment(),
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
            log_group=log_group,
            logging_format=LoggingFormat.JSON,
            role=role,
        )
        versions = factory.stage.runs_on
        acknowledge(
            self,
            "AwsSolutions-L1",
            f"Python {versions.python} is Glue {versions.glue}'s: one code base runs on both.",
        )


def function_role(scope: Construct, construct_id: str, *, name: str | None = None) -> Role:
    """A role that Lambda assumes, with no rights yet."""
    return Role(
        scope,
        construct_id,
        assumed_by=service("lambda.amazonaws.com"),
        role_name=name,
    )
