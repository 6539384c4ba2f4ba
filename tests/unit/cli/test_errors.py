"""What a verb says of an error that isn't Weir's own."""

from __future__ import annotations

import io

import pytest
from botocore.exceptions import EndpointConnectionError, NoRegionError
from rich.console import Console

from cli.errors import unexpected
from cli.screen import Exit


def said(error: Exception) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=200)
    code = unexpected(console, error)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def test_an_embedded_aws_that_is_gone_is_started_again() -> None:
    error = EndpointConnectionError(endpoint_url="https://127.0.0.1:37973/")
    code, text = said(error)
    assert code == Exit.ENVIRONMENT
    assert "The embedded AWS doesn't answer" in text and "./weir up" in text
    assert "AWS_REGION" not in text


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://glue.eu-west-1.amazonaws.com"), NoRegionError()],
)
def test_an_account_that_cannot_be_reached_asks_for_region_and_credentials(
    error: Exception,
) -> None:
    code, text = said(error)
    assert code == Exit.ENVIRONMENT
    assert "AWS_REGION" in text and "./weir up" not in text
