"""Functions are as isolated, and as limited, as in AWS."""

from __future__ import annotations

import pytest

from tests.embedded.core.machine import Machine

pytestmark = pytest.mark.embedded


def test_a_role_may_do_what_it_was_granted_and_nothing_else(machine: Machine) -> None:
    refused = machine.invoke(do="put", bucket=machine.output("Landing"))
    assert "s3:PutObject" in refused["errorMessage"]
    assert "not authorized" in refused["errorMessage"]


def test_a_secret_granted_by_reference_can_be_read(machine: Machine) -> None:
    assert machine.output("Secret").startswith("arn:aws:secretsmanager:")
    assert machine.invoke(do="secret") == "api-key"


def test_an_encrypted_object_needs_the_key_too(machine: Machine) -> None:
    bucket = machine.output("Locked")
    machine.client("s3").put_object(Bucket=bucket, Key="k", Body=b"body")
    refused = machine.invoke(do="get", bucket=bucket, key="k")
    assert "kms:Decrypt" in refused["errorMessage"]
    with machine.key_granted():
        assert machine.invoke(do="get", bucket=bucket, key="k") == "body"


def test_an_error_has_its_class_name_and_leaves_the_environment_warm(machine: Machine) -> None:
    before = machine.invoke(do="environment")["AWS_LAMBDA_LOG_STREAM_NAME"]
    failed = machine.invoke(do="fail", why="429")
    assert (failed["errorType"], failed["errorMessage"]) == ("SourceUnavailable", "429")
    assert machine.invoke(do="environment")["AWS_LAMBDA_LOG_STREAM_NAME"] == before


def test_a_function_that_takes_too_long_is_ended(machine: Machine) -> None:
    assert machine.invoke(do="sleep", seconds=10) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "Task timed out after 3.00 seconds",
    }


def test_a_function_that_takes_too_much_memory_is_ended(machine: Machine) -> None:
    failed = machine.invoke(do="eat", mib=400)
    assert failed["errorType"] == "Runtime.OutOfMemory"
    assert machine.invoke(do="nothing") == {"do": "nothing"}


@pytest.mark.parametrize("module", ["pyspark", "duckdb", "pyarrow", "ministack", "dataplatform"])
def test_what_isnt_deployed_cant_be_imported(machine: Machine, module: str) -> None:
    failed = machine.invoke(do="import", module=module)
    assert failed["errorMessage"] == f"No module named '{module}'"


def test_a_function_sees_nothing_of_the_servers_environment(machine: Machine) -> None:
    environment = machine.invoke(do="environment")
    assert not [name for name in environment if name.startswith("WEIR_")]
    assert "PYTHONPATH" not in environment
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert str(machine.state) in environment["TMPDIR"]
