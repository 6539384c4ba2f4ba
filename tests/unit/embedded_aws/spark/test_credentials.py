from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from ministack.services import iam, sts

from embedded_aws.spark.credentials import GLUE, RoleNotAssumable, assume


@pytest.fixture
def roles() -> Iterator[None]:
    iam._roles.clear()
    yield
    iam._roles.clear()


def trust(name: str, service: str | list[str]) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam._roles[name] = {"RoleId": "AROA1", "AssumeRolePolicyDocument": document}


def test_a_session_acts_as_the_role_until_it_is_closed(roles: None) -> None:
    trust("job", GLUE)
    arn = "arn:aws:iam::000000000000:role/job"
    session = assume(arn, service=GLUE, session_name="runner", seconds=60)
    known = sts._sessions[session.access_key]
    assert known["Arn"] == "arn:aws:sts::000000000000:assumed-role/job/runner"
    assert known["SessionToken"] == session.environment()["AWS_SESSION_TOKEN"]
    session.close()
    assert session.access_key not in sts._sessions


def test_a_role_is_found_by_its_name_too(roles: None) -> None:
    trust("job", ["ec2.amazonaws.com", GLUE])
    assume("job", service=GLUE, session_name="runner", seconds=60).close()


@pytest.mark.parametrize("role", ["other", "missing"])
def test_a_role_that_does_not_trust_glue_is_not_assumed(roles: None, role: str) -> None:
    trust("other", "lambda.amazonaws.com")
    with pytest.raises(RoleNotAssumable, match=role):
        assume(role, service=GLUE, session_name="runner", seconds=60)
