"""Each name of MiniStack that our code touches is there, in the form that we rely on.

The names are read from our own source, so that a new patch is covered as it is written.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted((ROOT / "embedded_aws").rglob("*.py"))

PARAMETERS = {
    "ministack.core.iam_actions.s3_additional_checks": "method path headers body query_params",
    "ministack.core.iam_evaluator._resource_policy": "service resource_arn",
    "ministack.core.lambda_runtime._worker_class_for": "config",
    "ministack.core.lambda_runtime.acquire_worker": (
        "func_name config code_zip qualifier max_concurrency"
    ),
    "ministack.core.persistence._json_default": "obj",
    "ministack.core.persistence._json_object_hook": "obj",
    "ministack.services.dynamodb._condition_syntax_error": "expr slot",
    "ministack.services.dynamodb._tokenize": "expr",
    "ministack.services.firehose._deliver_records_to_s3": "stream dest records",
    "ministack.services.firehose._evaluate_prefix": (
        "template t query_keys lambda_keys error_type"
    ),
    "ministack.services.glue._handle_request_sync": "method path headers body query_params",
    "ministack.services.lambda_svc._execute_function_warm": "func event request_id",
    "ministack.services.lambda_svc._execute_function_with_config_scope": "func event",
    "ministack.services.s3._delete_object": "bucket_name key headers query_params",
    "ministack.services.s3._get_object": "bucket_name key headers query_params",
    "ministack.services.s3._object_disk_path": "bucket key account_id",
    "ministack.services.s3._parse_range": "range_header total",
    "ministack.services.s3._persist_object": "bucket key obj",
    "ministack.services.s3._range_error_xml": "bucket_name key",
    "ministack.services.s3._read_body": "bucket_name key obj",
    "ministack.services.s3._resolve_sse_write_headers": "headers bucket_name",
    "ministack.services.s3._version_body": "bucket bucket_name key v",
    "ministack.services.s3._version_disk_path": "bucket key version_id account_id",
    "ministack.services.s3._version_file_exists": "bucket_name key version_id account_id",
    "ministack.services.sqs._collect_msgs": "q max_n vis_timeout",
    "ministack.services.sqs._queue_url_for_account": "account_id name",
    "ministack.services.sqs._receive_messages_for_esm": "queue_url max_number",
    "ministack.services.stepfunctions._call_lambda": "func_ref event",
    "ministack.services.stepfunctions._find_matching_retrier": "retriers error retry_counts",
    "ministack.services.stepfunctions._run_execution": "exec_arn",
}
"""The functions that we replace or call, with the parameters that they had when we did."""

STANDARD_HANDLERS = {
    "AWS::EC2::VPC": {"create", "update", "delete"},
    "AWS::S3::Bucket": {"create", "update", "delete"},
    "AWS::SecretsManager::Secret": {"create", "update", "delete"},
}


def _ministack_names(source: Path) -> Iterator[str]:
    """Dotted names of MiniStack that a module imports, or reads from an imported module."""
    nodes = list(ast.walk(ast.parse(source.read_text())))
    imported = dict(_imports(nodes))
    yield from imported.values()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = imported.get(node.value.id, "")
            if module and _is_module(module):
                yield f"{module}.{node.attr}"


def _imports(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Local name -> dotted name of what is imported from MiniStack."""
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [(alias.asname or alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(a.asname or a.name, f"{node.module}.{a.name}") for a in node.names]
        else:
            continue
        yield from ((local, name) for local, name in names if name.startswith("ministack"))


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _exists(name: str) -> bool:
    if _is_module(name):
        return True
    module, _, attribute = name.rpartition(".")
    return hasattr(importlib.import_module(module), attribute)


USED = sorted({(name, source) for source in SOURCES for name in _ministack_names(source)})


def test_the_pinned_ministack_is_installed() -> None:
    assert importlib.metadata.version("ministack") == "1.5.33"


def test_our_source_does_use_private_names() -> None:
    """Guards the reader of our source: with nothing found, the next test would pass for nothing."""
    assert len({name for name, _ in USED if "._" in name}) > 30


@pytest.mark.parametrize("name", sorted({name for name, _ in USED}))
def test_name_has_not_moved(name: str) -> None:
    users = ", ".join(str(s.relative_to(ROOT)) for n, s in USED if n == name)
    assert _exists(name), f"MiniStack has no {name} any more; it is used in {users}"


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_parameters_are_those_we_replace(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    function = getattr(importlib.import_module(module), attribute)
    original = inspect.unwrap(function)
    if original.__module__.startswith("embedded_aws"):
        pytest.skip("already replaced in this process")
    assert " ".join(inspect.signature(original).parameters) == PARAMETERS[name]


@pytest.mark.parametrize("resource_type", sorted(STANDARD_HANDLERS))
def test_completed_types_still_have_handlers(resource_type: str) -> None:
    from ministack.services.cloudformation import provisioners

    assert STANDARD_HANDLERS[resource_type] <= provisioners._RESOURCE_HANDLERS[resource_type].keys()
