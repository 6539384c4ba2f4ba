"""The warehouse: Redshift Serverless, private, asleep (and free) while nobody asks."""

from __future__ import annotations

from aws_cdk import CfnOutput, CustomResource
from aws_cdk.aws_ec2 import IVpc, Peer, Port, SecurityGroup
from aws_cdk.aws_iam import (
    CompositePrincipal,
    IGrantable,
    Role,
)
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_redshiftserverless import CfnNamespace, CfnWorkgroup
from constructs import Construct

from dataplatform.naming import WAREHOUSE_DATABASE
from dataplatform.settings import Settings
from stacks.constructs.arns import service
from stacks.constructs.custom_resource import custom_resource
from stacks.constructs.function import FunctionFactory, PlatformFunction
from stacks.constructs.stack import PlatformStack
from stacks.constructs.wildcards import Wildcard, allow
from stacks.lake import LakeStack
from stacks.network import ISOLATED
from stacks.stage import Stage

_AUDIT_LOGS = ["userlog", "connectionlog", "useractivitylog"]
_ADMINISTRATOR = "admin"
_USAGE_LIMITS = Wildcard(
    "Resource::*", "IAM knows no resource for usage limits: these actions take `*` alone."
)
_OWN_STATEMENTS = Wildcard(
    "Resource::*", "Statements have no ARN; the condition allows the caller's own only."
)


class WarehouseStack(PlatformStack):
    """Namespace, workgroup, the role that COPY reads with."""

    def __init__(self, scope: Construct, *, stage: Stage, vpc: IVpc, lake: LakeStack) -> None:
        super().__init__(
            scope,
            "warehouse",
            stage=stage,
            description="Weir: Redshift Serverless",
            keeps_data=True,
        )
        self._key: IKey = lake.data_key
        self.workgroup_name = stage.names.resource("warehouse")
        self.copy_role = self._copy_role(lake)
        # Redshift knows the role that loads as IAMR:<name> and grants rights to that name before
        # the role exists, so it is named here and made where its functions are.
        self.loader_role_name = stage.names.resource("loader")
        self._namespace = self._create_namespace()
        self._workgroup = self._create_workgroup(vpc)
        self._completion = self._complete(lake.operations_key)
        CfnOutput(self, "WorkgroupName", value=self.workgroup_name)
        CfnOutput(self, "WarehouseDatabase", value=WAREHOUSE_DATABASE)

    @property
    def admin_secret_arn(self) -> str:
        """Of the secret that Redshift makes, keeps and rotates."""
        return self._completion.get_att_string("AdminSecretArn")

    def grant_load(self, role: Role) -> None:
        """Run statements as the database user of a role (`IAMR:<role name>`)."""
        # Each function is a session of its own: who submits and who looks are two user ids.
        self._grant_statements(role, owner=f"{role.role_id}:*")
        self._grant_login(role)

    def grant_query(self, grantee: IGrantable) -> None:
        """Run statements as the database user of whoever has this, who may read all of gold."""
        self._grant_statements(grantee, owner="${aws:userid}")
        self._grant_login(grantee)

    def grant_migrate(self, grantee: IGrantable) -> None:
        """Run statements as the administrator."""
        self._grant_statements(grantee, owner="${aws:userid}")
        allow(grantee, ["secretsmanager:GetSecretValue"], [self.admin_secret_arn])
        self._key.grant_decrypt(grantee)

    @property
    def _workgroup_arn(self) -> str:
        return self._workgroup.attr_workgroup_workgroup_arn

    def _grant_login(self, grantee: IGrantable) -> None:
        allow(grantee, ["redshift-serverless:GetCredentials"], [self._workgroup_arn])

    def _grant_statements(self, grantee: IGrantable, *, owner: str) -> None:
        allow(
            grantee,
            ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"],
            [self._workgroup_arn],
        )
        allow(
            grantee,
            [
                "redshift-data:DescribeStatement",
                "redshift-data:GetStatementResult",
                "redshift-data:CancelStatement",
            ],
            ["*"],
            _OWN_STATEMENTS,
            conditions={"StringLike": {"redshift-data:statement-owner-iam-userid": owner}},
        )

    def _copy_role(self, lake: LakeStack) -> Role:
        # Without `aws:SourceAccount`: AWS documents no such key for Redshift Serverless' COPY, and
        # a namespace of another account can't be given the role: roles aren't passed abroad.
        role = Role(
            self,
            "CopyRole",
            assumed_by=CompositePrincipal(
                service("redshift.amazonaws.com"),
                service("redshift-serverless.amazonaws.com"),
            ),
        )
        lake.gold.grant_read(role)
        return role

    def _create_namespace(self) -> CfnNamespace:
        namespace = CfnNamespace(
            self,
            "Namespace",
            namespace_name=self.stage.names.resource("warehouse"),
            db_name=WAREHOUSE_DATABASE,
            admin_username=_ADMINISTRATOR,
            manage_admin_password=True,
            admin_password_secret_kms_key_id=self._key.key_id,
            kms_key_id=self._key.key_arn,
            iam_roles=[self.copy_role.role_arn],
            default_iam_role_arn=self.copy_role.role_arn,
            log_exports=_AUDIT_LOGS,
        )
        namespace.apply_removal_policy(self.stage.data_removal)
        return namespace

    def _create_workgroup(self, vpc: IVpc) -> CfnWorkgroup:
        # No rule lets anyone in: statements come through the Data API, not through the VPC.
        group = SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Weir warehouse: nobody connects",
            allow_all_outbound=False,
        )
        # To endpoints, the VPC's only way out. S3's has public addresses, whose list has another
        # name in each region.
        group.add_egress_rule(Peer.any_ipv4(), Port.tcp(443), "TLS to AWS services")
        workgroup = CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=self.workgroup_name,
            namespace_name=self._namespace.namespace_name,
            base_capacity=self.stage.redshift_rpu,
            enhanced_vpc_routing=self.stage.private,
            publicly_accessible=False,
            subnet_ids=vpc.select_subnets(subnet_type=ISOLATED.subnet_type).subnet_ids,
            security_group_ids=[group.security_group_id],
            config_parameters=[
                CfnWorkgroup.ConfigParameterProperty(
                    parameter_key="require_ssl", parameter_value="true"
                )
            ],
        )
        workgroup.add_resource_dependency(self._namespace)
        return workgroup

    def _complete(self, log_key: IKey) -> CustomResource:
        """CloudFormation knows neither usage limits nor the ARN of the administrator's secret."""
        function = PlatformFunction(
            FunctionFactory(self, "Functions", stage=self.stage, log_key=log_key),
            "complete_warehouse",
            description="Sets the warehouse's usage limit and finds its administrator's secret",
            settings=Settings(stage=self.stage.name),
        )
        allow(
            function,
            ["redshift-serverless:GetNamespace"],
            [self._namespace.attr_namespace_namespace_arn],
        )
        allow(
            function,
            [
                "redshift-serverless:ListUsageLimits",
                "redshift-serverless:CreateUsageLimit",
                "redshift-serverless:UpdateUsageLimit",
            ],
            ["*"],
            _USAGE_LIMITS,
        )
        return custom_resource(
            self,
            "Completion",
            function,
            kind="WarehouseCompletion",
            properties={
                "Namespace": self._namespace.namespace_name,
                "WorkgroupArn": self._workgroup_arn,
                "RpuHours": self.stage.redshift_rpu_hours,
            },
        )
