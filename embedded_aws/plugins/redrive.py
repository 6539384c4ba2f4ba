"""RedriveExecution: an execution that failed goes on with the state that it failed in.

MiniStack has no such call. As in AWS, a redriven execution keeps its ARN, its definition and the
state's input; what succeeded isn't run again, of a Map only the items that failed are, each from
the task that failed; retries count from nothing. Unlike in AWS, a Map under which the server was
killed begins anew with all its items, for what they had done was known to that server alone.
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import contextvars
import json
import threading
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as states

from embedded_aws.plugins.execution_walk import walk

Record = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

_REDRIVABLE: Final = ("FAILED", "ABORTED", "TIMED_OUT")
_ENTERED: Final = "StateEntered"

_stock_handle = states.handle_request
_stock_run = states._run_execution
_stock_describe = states._describe_execution
_stock_branch = states._run_sub_machine
_stock_task = states._execute_task
_stock_map = states._execute_map

_item: contextvars.ContextVar[str] = contextvars.ContextVar("weir_map_item", default="")
"""The item of a Map that this thread is at: "StageBatches#3"."""


@dataclass
class Progress:
    """How far the items of the Map at work are: `{"state", "input"}`, or `{"output"}` at the end.

    left: where items of the state that failed had been, until each has gone on from there.
    """

    items: dict[str, Record] = field(default_factory=dict)
    left: dict[str, Record] = field(default_factory=dict)


_at_work: dict[str, Progress] = {}


def install() -> None:
    """Answer the call, and follow executions so that they can go on where they failed."""
    states.handle_request = _handle
    states._run_execution = _run
    states._describe_execution = _describe
    states._run_sub_machine = _branch
    states._execute_task = _task
    states._execute_map = _map


def redrive(asked: Record) -> Response:
    """RedriveExecution; see botocore's description of the service for its answer and errors."""
    arn = str(asked.get("executionArn", ""))
    execution = states._executions.get(arn)
    if execution is None:
        return _refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    if execution["status"] not in _REDRIVABLE:
        why = f"Execution is {execution['status']} and cannot be redriven"
        return _refused("ExecutionNotRedrivable", why)
    now = now_iso()
    execution |= {"status": "RUNNING", "stopDate": None, "output": None, "redriveDate": now}
    execution |= {"error": None, "cause": None}
    execution["redriveCount"] = execution.get("redriveCount", 0) + 1
    details = {"redriveCount": execution["redriveCount"]}
    states._add_event(execution, "ExecutionRedriven", {"executionRedrivenEventDetails": details})
    states._emit_execution_status_event(execution)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(states._run_execution, arn), daemon=True).start()
    return _answer({"redriveDate": now})


def position(execution: Record) -> tuple[str, Any] | None:
    """The state that an execution ended in, and its input; None where it entered none.

    Only the machine's own states tell that they are entered, not those that a Map's items go
    through.
    """
    for event in reversed(execution["events"]):
        if event["type"].endswith(_ENTERED):
            entered = event["stateEnteredEventDetails"]
            return entered["name"], json.loads(entered["input"])
    return None


async def _handle(
    method: str, path: str, headers: dict[str, str], body: Any, query_params: Record
) -> Response:
    if headers.get("x-amz-target", "").rpartition(".")[2] == "RedriveExecution":
        return redrive(json.loads(body or "{}"))
    answer: Response = await _stock_handle(method, path, headers, body, query_params)
    return answer


def _run(arn: str) -> None:
    """Run an execution from its beginning, or from where it failed."""
    execution = states._executions.get(arn)
    if execution is None:
        return
    before = execution.get("unfinished") or {"definition": _definition(execution), "items": {}}
    progress = _at_work[arn] = Progress()
    try:
        begin = position(execution)
        if begin is None:
            _stock_run(arn)
        else:
            name = f"{begin[0]}#"
            items = before["items"].items()
            progress.left = {key: item for key, item in items if key.startswith(name)}
            walk(execution, json.loads(before["definition"]), *begin)
    finally:
        del _at_work[arn]
        succeeded = execution["status"] == "SUCCEEDED"
        items = progress.left | progress.items
        execution["unfinished"] = None if succeeded else before | {"items": items}


def _definition(execution: Record) -> str:
    machine = states._state_machines.get(execution["stateMachineArn"])
    return str(machine["definition"]) if machine else "{}"


def _branch(all_states: Record, start: str, given: Any, execution: Record, ctx: Record) -> Any:
    """A Map's item; one that had succeeded before a redrive gives what it gave then."""
    progress = _at_work.get(execution["executionArn"])
    if progress is None or "Map" not in ctx:
        return _stock_branch(all_states, start, given, execution, ctx)
    name = f"{ctx['State']['Name']}#{ctx['Map']['Item']['Index']}"
    left = progress.left.pop(name, {"state": start, "input": given})
    if "output" not in left:
        _item.set(name)  # this thread's context is the item's own
        state, found = left["state"], left["input"]
        left = {"output": _stock_branch(all_states, state, found, execution, ctx)}
    progress.items[name] = left
    return deepcopy(left["output"])


def _task(definition: Record, given: Any, execution: Record, ctx: Record) -> Any:
    progress, item = _at_work.get(execution["executionArn"]), _item.get()
    if progress is not None and item:
        progress.items[item] = {"state": ctx["State"]["Name"], "input": given}
    return _stock_task(definition, given, execution, ctx)


def _map(definition: Record, given: Any, execution: Record, ctx: Record) -> Any:
    progress = _at_work.get(execution["executionArn"])
    if progress is not None and not _item.get():
        progress.items.clear()  # those of a Map that has ended
    return _stock_map(definition, given, execution, ctx)


def _describe(asked: Record) -> Response:
    status, headers, body = _stock_describe(asked)
    execution = states._executions.get(asked.get("executionArn"))
    if status != 200 or execution is None:
        return status, headers, body
    redrivable = execution["status"] in _REDRIVABLE
    told = {"redriveCount": execution.get("redriveCount", 0)}
    told["redriveStatus"] = "REDRIVABLE" if redrivable else "NOT_REDRIVABLE"
    if date := execution.get("redriveDate"):
        told["redriveDate"] = date
    return _answer(json.loads(body) | told)


def _answer(content: Record) -> Response:
    answer: Response = states._finalize_response(json_response(content))
    return answer


def _refused(code: str, message: str) -> Response:
    refusal: Response = error_response_json(code, message, 400)
    return refusal
