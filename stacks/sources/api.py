"""A third party's HTTP API: its address and its key, which the operator fills in."""

from __future__ import annotations

import json

from aws_cdk.aws_iam import IGrantable
from aws_cdk.aws_kms import IKey, Key
from aws_cdk.aws_secretsmanager import Secret, SecretStringGenerator
from aws_cdk.aws_ssm import StringParameter
from constructs import Construct

from stacks.constructs.nag import acknowledge
from stacks.stage import Stage

UNSET = "unset"
"""What the address parameter holds until the operator fills it."""


class ApiSource(Construct):
    """A parameter `base_url` and a secret `{"api_key": ...}`, both under the source's name."""

    def __init__(self, scope: Construct, source: str, *, stage: Stage, key: IKey) -> None:
        super().__init__(scope, f"Api-{source}")
        self._key = key
        self._base_url = StringParameter(
            self,
            "BaseUrl",
            parameter_name=stage.names.source_parameter(source, "base_url"),
            description=f"Address of {source}, filled in by the operator",
            string_value=UNSET,
        )
        self._secret = Secret(
            self,
            "Secret",
            secret_name=stage.names.source_secret(source),
            description=f"Key of {source}, filled in by the operator",
            # As a reference: the secret would write its readers into the policy of the key itself,
            # which is in another stack; `grant_pull` gives them the key instead.
            encryption_key=Key.from_key_arn(self, "Key", key.key_arn),
            generate_secret_string=SecretStringGenerator(
                secret_string_template=json.dumps({}), generate_string_key="api_key"
            ),
            removal_policy=stage.data_removal,
        )
        acknowledge(
            self._secret, "AwsSolutions-SMG4", "The third party issues the key, so it rotates it."
        )

    def grant_pull(self, grantee: IGrantable) -> None:
        """Read the address and the key."""
        self._base_url.grant_read(grantee)
        self._secret.grant_read(grantee)
        self._key.grant_decrypt(grantee)
