"""What runs in a function's process: the Python runtime of Lambda, over two pipes.

Started as a script by a bare interpreter (`python -S`), so it imports the standard library only.
A line of JSON in is an event; a line of JSON out is its outcome. Whatever the function prints goes
to standard error, which ends with a mark for each invocation, so that the log is whole at once.
"""

import decimal
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

END_OF_LOG = "\x04"
_FUNCTION_ERROR = "Runtime.UserCodeSyntaxError"


class Context:
    """The context object that handlers get."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = arn
        self.aws_request_id = request_id
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is timed out."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))


def encode(value: object) -> float:
    """JSON for what `json` doesn't know, as Lambda does it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def failure(
    error: Exception,
    error_type: str | None = None,
    message: str | None = None,
    trace: TracebackType | None = None,
) -> dict[str, Any]:
    """An exception in the form in which Lambda reports it."""
    lines = traceback.format_exception(type(error), error, trace)
    return {
        "errorMessage": message or str(error),
        "errorType": error_type or type(error).__name__,
        "stackTrace": lines[1:-1],
    }


def load(handler: str) -> Callable[[Any, Context], Any]:
    """Import a handler named `package.module.function` or `package/module.function`."""
    module, _, name = handler.replace("/", ".").rpartition(".")
    function: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), name)
    return function


def initialise() -> tuple[Callable[[Any, Context], Any] | None, dict[str, Any] | None]:
    """The handler, or how its import failed."""
    handler = os.environ["_HANDLER"]
    try:
        return load(handler), None
    except ImportError as error:
        message = f"Unable to import module '{handler.rpartition('.')[0]}': {error}"
        return None, failure(error, "Runtime.ImportModuleError", message, error.__traceback__)
    except AttributeError as error:
        return None, failure(error, "Runtime.HandlerNotFound", None, error.__traceback__)
    except SyntaxError as error:
        return None, failure(error, _FUNCTION_ERROR, None, error.__traceback__)
    except Exception as error:
        return None, failure(error, None, None, error.__traceback__)


def invoke(handler: Callable[[Any, Context], Any], message: dict[str, Any]) -> str:
    """Run the handler once; a JSON text that tells the outcome."""
    trace_id = message.get("trace_id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    context = Context(message["request_id"], message["arn"], message["deadline"])
    try:
        result = handler(message["event"], context)
    except Exception as error:
        # The first frame is this file's.
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        report = failure(error, trace=inner)
        print_error(report)
        return json.dumps({"error": report | {"requestId": context.aws_request_id}})
    try:
        return json.dumps({"result": result}, default=encode)
    except (TypeError, ValueError) as error:
        text = f"Unable to marshal response: {error}"
        return json.dumps({"error": failure(error, "Runtime.MarshalError", text)})


def print_error(report: dict[str, Any]) -> None:
    """The log line that Lambda writes for an exception."""
    where = "".join(report["stackTrace"])
    print(f"[ERROR] {report['errorType']}: {report['errorMessage']}\nTraceback:\n{where}")


def end_log() -> None:
    """Mark the end of an invocation's log."""
    sys.stdout.flush()
    sys.stderr.write(END_OF_LOG + "\n")
    sys.stderr.flush()


def main() -> None:
    """Answer invocations until the pipe closes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    os.dup2(2, 1)  # Also what C code and child processes print.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path[0:1] = os.environ.pop("_WEIR_PATH").split(os.pathsep)
    logging.basicConfig(
        stream=sys.stdout, format="[%(levelname)s]\t%(asctime)s\t%(name)s\t%(message)s"
    )
    handler, error = initialise()
    if error is not None:
        print_error(error)
    end_log()
    answers.write(json.dumps({"ready": True} if handler else {"error": error}) + "\n")
    answers.flush()
    if handler is None:
        return
    for line in requests:
        answer = invoke(handler, json.loads(line))
        end_log()
        answers.write(answer + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
