"""Where the warehouse stands: a VPC that nothing leaves but for AWS's own services."""

from __future__ import annotations

from aws_cdk.aws_ec2 import (
    FlowLogDestination,
    FlowLogOptions,
    GatewayVpcEndpointAwsService,
    GatewayVpcEndpointOptions,
    InterfaceVpcEndpointAwsService,
    IpAddresses,
    Peer,
    Port,
    SecurityGroup,
    SubnetConfiguration,
    SubnetSelection,
    SubnetType,
    Vpc,
)
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from stacks.constructs.stack import ZONES, PlatformStack
from stacks.stage import Stage

_CIDR = "10.42.0.0/16"
ISOLATED = SubnetSelection(subnet_type=SubnetType.PRIVATE_ISOLATED)

_PRIVATE_SERVICES = {
    "Glue": InterfaceVpcEndpointAwsService.GLUE,
    "Kms": InterfaceVpcEndpointAwsService.KMS,
    "Logs": InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "SecretsManager": InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Sts": InterfaceVpcEndpointAwsService.STS,
}


class NetworkStack(PlatformStack):
    """Three isolated subnets, gateway endpoints (free), no NAT.

    A private stage has interface endpoints besides, for what Redshift then reaches through the VPC.
    """

    def __init__(self, scope: Construct, *, stage: Stage, flow_logs: IBucket) -> None:
        super().__init__(
            scope, "network", stage=stage, description="Weir: VPC and endpoints of the warehouse"
        )
        self.vpc = Vpc(
            self,
            "Vpc",
            ip_addresses=IpAddresses.cidr(_CIDR),
            max_azs=ZONES,
            nat_gateways=0,
            # Whatever is in the VPC names a group of its own, and a test says so. Emptying the
            # default one takes a Lambda of the CDK's with rights on every group of the account.
            restrict_default_security_group=False,
            subnet_configuration=[
                SubnetConfiguration(
                    name="isolated", subnet_type=SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                )
            ],
            gateway_endpoints={
                "S3": GatewayVpcEndpointOptions(service=GatewayVpcEndpointAwsService.S3),
                "DynamoDb": GatewayVpcEndpointOptions(
                    service=GatewayVpcEndpointAwsService.DYNAMODB
                ),
            },
            flow_logs={
                "All": FlowLogOptions(destination=FlowLogDestination.to_s3(flow_logs, "flow-logs/"))
            },
        )
        if stage.private:
            self._add_endpoints()

    def _add_endpoints(self) -> None:
        group = SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="AWS services, for whatever is in the VPC",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(Peer.ipv4(_CIDR), Port.tcp(443), "TLS from the VPC")
        for name, service in _PRIVATE_SERVICES.items():
            self.vpc.add_interface_endpoint(
                name, service=service, subnets=ISOLATED, security_groups=[group], open=False
            )
