"""The Python runtime of functions, in a process as the embedded AWS starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.functions import bootstrap

Run = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a handler's source on events; returns all answers and the log."""

    def run(source: str, *events: Any, handler: str = "fn.handler") -> Any:
        (tmp_path / "fn.py").write_text(source)
        environment = {
            "_HANDLER": handler,
            "_WEIR_PATH": str(tmp_path),
            "AWS_LAMBDA_FUNCTION_NAME": "fn",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        }
        deadline = time.time() + 5
        lines = "".join(
            json.dumps({"event": e, "request_id": "r1", "arn": "arn:fn", "deadline": deadline})
            + "\n"
            for e in events
        )
        done = subprocess.run(
            [sys.executable, "-S", "-s", bootstrap.__file__],
            input=lines,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


def test_results_come_back_and_the_environment_stays_warm(run: Run) -> None:
    answers, _ = run(
        "n = 0\ndef handler(e, c):\n    global n; n += 1\n    return {'n': n, 'e': e}", 1, 2
    )
    assert answers == [
        {"ready": True},
        {"result": {"n": 1, "e": 1}},
        {"result": {"n": 2, "e": 2}},
    ]


def test_an_exception_is_reported_by_its_class_and_doesnt_end_the_environment(run: Run) -> None:
    source = """
class SourceUnavailable(Exception): pass
def handler(event, context):
    if event: raise SourceUnavailable("503")
    return "fine"
"""
    (_, failed, fine), log = run(source, True, False)
    assert failed["error"]["errorType"] == "SourceUnavailable"
    assert failed["error"]["errorMessage"] == "503"
    assert failed["error"]["requestId"] == "r1"
    assert "fn.py" in failed["error"]["stackTrace"][0]
    assert fine == {"result": "fine"}
    assert "[ERROR] SourceUnavailable: 503" in log


def test_whatever_is_printed_is_log_and_never_an_answer(run: Run) -> None:
    source = """
import os, subprocess
def handler(event, context):
    print('{"result": "forged"}')
    os.write(1, b'{"result": "from C"}\\n')
    subprocess.run(["echo", '{"result": "child"}'], check=True)
    return "true"
"""
    answers, log = run(source, None)
    assert answers[1:] == [{"result": "true"}]
    assert all(text in log for text in ("forged", "from C", "child"))
    assert log.rstrip().endswith(bootstrap.END_OF_LOG)


def test_a_missing_package_is_an_import_error_at_init(run: Run) -> None:
    answers, _ = run("import duckdb\ndef handler(e, c): return 1", None)
    (answer,) = answers
    assert answer["error"]["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'duckdb'" in answer["error"]["errorMessage"]


def test_a_missing_handler_is_named(run: Run) -> None:
    answers, _ = run("x = 1", None)
    assert answers[0]["error"]["errorType"] == "Runtime.HandlerNotFound"


def test_decimals_are_numbers_and_other_objects_are_refused(run: Run) -> None:
    source = """
from decimal import Decimal
def handler(event, context):
    return Decimal("1.5") if event else object()
"""
    (_, number, refused), _ = run(source, True, False)
    assert number == {"result": 1.5}
    assert refused["error"]["errorType"] == "Runtime.MarshalError"


def test_the_context_tells_name_memory_and_time_left(run: Run) -> None:
    source = """
def handler(event, c):
    return [c.function_name, c.memory_limit_in_mb, c.aws_request_id, c.invoked_function_arn,
            c.log_group_name, 0 < c.get_remaining_time_in_millis() <= 5000]
"""
    answers, _ = run(source, None)
    assert answers[1]["result"] == ["fn", "256", "r1", "arn:fn", "/aws/lambda/fn", True]


def test_handlers_may_be_nested_and_written_with_slashes(run: Run, tmp_path: Path) -> None:
    package = tmp_path / "lambdas" / "stage"
    package.mkdir(parents=True)
    (package / "handler.py").write_text("def handler(e, c): return 'nested'")
    for handler in ("lambdas.stage.handler.handler", "lambdas/stage/handler.handler"):
        answers, _ = run("", None, handler=handler)
        assert answers[1] == {"result": "nested"}
