from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dataplatform.errors import SourceNotConfigured
from dataplatform.naming import Names
from lambdas.api_sources import api_key, base_url

NAMES = Names("dev")


@pytest.fixture
def ssm() -> Any:
    with mock_aws():
        yield boto3.client("ssm")


@pytest.fixture
def secrets() -> Any:
    with mock_aws():
        yield boto3.client("secretsmanager")


def test_the_address_is_what_the_operator_filled_in(ssm: Any) -> None:
    name = "/weir/dev/sources/shop/base_url"
    ssm.put_parameter(Name=name, Value="https://shop.example/api/", Type="SecureString")
    assert base_url(ssm, NAMES, "shop") == "https://shop.example/api"


@pytest.mark.parametrize("placeholder", [None, "unset"])
def test_an_address_not_filled_in_names_the_parameter_and_the_command(
    ssm: Any, placeholder: str | None
) -> None:
    if placeholder:
        ssm.put_parameter(Name="/weir/dev/sources/shop/base_url", Value=placeholder, Type="String")
    with pytest.raises(SourceNotConfigured, match="/weir/dev/sources/shop/base_url") as caught:
        base_url(ssm, NAMES, "shop")
    assert caught.value.remedy.startswith("aws ssm put-parameter")


def test_the_key_is_read_from_the_secret(secrets: Any) -> None:
    secrets.create_secret(Name="weir/dev/sources/shop", SecretString='{"api_key": "k"}')
    assert api_key(secrets, NAMES, "shop") == "k"


@pytest.mark.parametrize("value", [None, "k", "[]", json.dumps({"api_key": ""}), '{"key":1}'])
def test_a_key_not_filled_in_names_the_secret_and_not_its_value(
    secrets: Any, value: str | None
) -> None:
    if value is not None:
        secrets.create_secret(Name="weir/dev/sources/shop", SecretString=value)
    with pytest.raises(SourceNotConfigured, match="weir/dev/sources/shop") as caught:
        api_key(secrets, NAMES, "shop")
    assert "put-secret-value" in caught.value.remedy
