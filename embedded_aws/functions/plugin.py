"""Puts our execution environments in the place of MiniStack's, for Python runtimes."""

from __future__ import annotations

import logging
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from embedded_aws.functions.environment import runtime_packages
from embedded_aws.functions.worker import FunctionWorker
from embedded_aws.runtimes import OWN_PYTHON, interpreter
from embedded_aws.state import StateDir

logger = logging.getLogger("weir.functions")

_stock_worker_class = lambda_runtime._worker_class_for
_stock_execute = lambda_svc._execute_function_warm


def install() -> None:
    """Serve Python functions from `FunctionWorker`; other runtimes stay MiniStack's."""
    runtime_packages(StateDir.current().unpacked)
    lambda_runtime._worker_class_for = _worker_class
    lambda_svc._execute_function_warm = _execute


def _worker_class(config: dict[str, Any]) -> type[lambda_runtime.Worker]:
    if not _is_python(config):
        return _stock_worker_class(config)
    runtime = config["Runtime"]
    if interpreter(runtime) is None:
        logger.warning(
            "%s wants %s, which isn't set up here, and runs on python%s",
            config["FunctionName"],
            runtime,
            OWN_PYTHON,
        )
    return FunctionWorker


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one invocation in a free environment; the answer is what MiniStack's callers expect."""
    config = func.get("config") or func
    if not _is_python(config) or not func.get("code_zip"):
        return _stock_execute(func, event, request_id)
    lambda_svc._ensure_reaper_thread()
    worker, _ = lambda_runtime.acquire_worker(
        config["FunctionName"],
        config,
        func["code_zip"],
        qualifier=config.get("Version", "$LATEST"),
    )
    try:
        answer = worker.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn", ""),
        )
    finally:
        lambda_runtime.release_worker(worker)
    if "error" in answer:
        return {"body": answer["error"], "error": True, "log": answer["log"]}
    return {"body": answer["result"], "log": answer["log"]}
