"""Custom resources: CloudFormation hears of every outcome, or it waits for hours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.custom_resource import Answer, answer

CONTEXT: Any = SimpleNamespace(function_name="weir-dev-some-function")


class CloudFormation:
    """The signed address that an event brings along, as a small server."""

    def __init__(self) -> None:
        heard: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append({**json.loads(body), "type": self.headers.get("Content-Type")})
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing on the terminal."""

        self.heard = heard
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def event(self, kind: str, **more: Any) -> dict[str, Any]:
        port = self.server.server_address[1]
        return {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{port}/answer",
            **{name: name.lower() for name in ("StackId", "RequestId", "LogicalResourceId")},
            "ResourceProperties": {"Given": "value"},
            **more,
        }


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    served = CloudFormation()
    yield served
    served.server.shutdown()
    served.server.server_close()


def _work(properties: Mapping[str, Any]) -> Answer:
    return Answer(physical_id="thing", data={"Got": properties["Given"]})


def _refuse(properties: Mapping[str, Any]) -> Answer:
    raise ValueError("no " * 2000)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_success_carries_the_attributes(cloudformation: CloudFormation, kind: str) -> None:
    answer(cloudformation.event(kind), CONTEXT, _work)
    (heard,) = cloudformation.heard
    assert (heard["Status"], heard["PhysicalResourceId"]) == ("SUCCESS", "thing")
    assert heard["Data"] == {"Got": "value"}
    assert heard["RequestId"] == "requestid"


def test_the_answer_has_no_content_type_because_the_address_is_signed_without(
    cloudformation: CloudFormation,
) -> None:
    answer(cloudformation.event("Create"), CONTEXT, _work)
    assert cloudformation.heard[0]["type"] == ""


def test_an_error_is_told_and_fits_in_an_answer(cloudformation: CloudFormation) -> None:
    answer(cloudformation.event("Create"), CONTEXT, _refuse)
    (heard,) = cloudformation.heard
    assert heard["Status"] == "FAILED"
    assert heard["Reason"].startswith("ValueError: no no")
    assert CONTEXT.function_name in heard["Reason"]
    assert len(json.dumps(heard)) < 4096


def test_a_failed_update_keeps_the_resource_that_was_there(cloudformation: CloudFormation) -> None:
    answer(cloudformation.event("Update", PhysicalResourceId="former"), CONTEXT, _refuse)
    assert cloudformation.heard[0]["PhysicalResourceId"] == "former"


def test_a_deletion_does_nothing_and_succeeds(cloudformation: CloudFormation) -> None:
    answer(cloudformation.event("Delete", PhysicalResourceId="former"), CONTEXT, _refuse)
    (heard,) = cloudformation.heard
    assert (heard["Status"], heard["PhysicalResourceId"]) == ("SUCCESS", "former")
