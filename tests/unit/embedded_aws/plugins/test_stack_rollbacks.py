from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.plugins import stack_rollbacks


def stack(status: str, **more: Any) -> dict[str, Any]:
    return {
        "StackName": "any",
        "StackStatus": status,
        "_template_body": '{"Resources": {"New": {}}}',
        "_template": {"Resources": {"Old": {}}},
        "_resources": {"Made": {"PhysicalResourceId": "m"}},
        "Parameters": [{"ParameterKey": "P", "ParameterValue": "v", "NoEcho": False}],
    } | more


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", ""]
)
def test_a_stack_that_nothing_interrupted_stays_as_it_is(status: str) -> None:
    found = stack(status)
    assert not stack_rollbacks.settle(found)
    assert found == stack(status)


def test_what_an_interrupted_creation_made_is_known_to_its_rollback() -> None:
    found = stack("CREATE_IN_PROGRESS")
    assert stack_rollbacks.settle(found)
    assert found["StackStatus"] == "CREATE_FAILED"
    operation = found["_failed_operation"]
    assert operation["created"] == ["Made"]
    assert operation["template"] == {"Resources": {"New": {}}}
    assert operation["param_values"] == {"P": {"Value": "v", "NoEcho": False}}
    assert operation["retain_except_on_create"] is True


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_an_interrupted_update_is_still_to_be_made(status: str) -> None:
    found = stack(status)
    assert stack_rollbacks.settle(found)
    assert found["StackStatus"] == "UPDATE_FAILED"
    assert json.loads(found["_template_body"]) == {"Resources": {"Old": {}}}


def test_an_interrupted_deletion_can_be_asked_for_again() -> None:
    found = stack("DELETE_IN_PROGRESS")
    assert stack_rollbacks.settle(found)
    assert found["StackStatus"] == "DELETE_FAILED"


@pytest.mark.parametrize(
    ("sent", "heard"), [([""], []), (["A", ""], ["A"]), (["A"], ["A"]), (None, None)]
)
def test_an_empty_list_of_the_query_protocol_is_empty(
    sent: list[str] | None, heard: list[str] | None
) -> None:
    params = {} if sent is None else {"ResourcesToSkip": sent}
    handle = stack_rollbacks._without_blanks(lambda given: given.get("ResourcesToSkip"))
    assert handle(params) == heard
